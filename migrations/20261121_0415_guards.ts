import { Migration } from '@mikro-orm/migrations';

/** Guards: the rules across streams that the append checks and applies under its lock, in the order of the items. */
export class GuardRules extends Migration {
  override up(): void {
    for (const statement of [oneItem, manyItems]) this.addSql(statement);
    const functions = 'guards_refusal, hold_guards, hold_guards_at_once';
    this.addSql(`revoke execute on function ${functions} from public`);
    this.addSql(`grant execute on function ${functions} to appender`);
  }

  override down(): void {
    for (const name of ['hold_guards_at_once', 'hold_guards', 'guards_refusal']) this.addSql(`drop function ${name}`);
  }
}

/**
 * `guards_refusal` answers null when every guard of an item holds, else which one does not and why; `hold_guards`
 * applies them. Kinds: t = take for good, w = take within seconds around an instant, f = free, c = count.
 */
const oneItem = `
create function guards_refusal(
  p_org uuid, p_type text, p_id uuid,
  p_kind "char"[], p_scope text[], p_key text[], p_at timestamptz[], p_seconds float8[], p_by bigint[], p_limit bigint[]
) returns jsonb language plpgsql stable as $$
declare
  found uuid; total bigint;
begin
  for g in 1 .. cardinality(p_kind) loop
    if p_kind[g] = 't' then
      select h.holder into found from guards h
        where h.organization_id = p_org and h.scope = p_scope[g] and h.key = p_key[g] and not (h.holder_type = p_type and h.holder = p_id)
        order by h.at desc limit 1;
      if found is not null then return jsonb_build_object('guard', g - 1, 'holder', found); end if;
    elsif p_kind[g] = 'w' then
      select h.holder into found from guards h
        where h.organization_id = p_org and h.scope = p_scope[g] and h.key = p_key[g] and not (h.holder_type = p_type and h.holder = p_id)
          and h.at > p_at[g] - make_interval(secs => p_seconds[g]) and h.at < p_at[g] + make_interval(secs => p_seconds[g])
        order by h.at desc limit 1;
      if found is not null then return jsonb_build_object('guard', g - 1, 'holder', found); end if;
    elsif p_kind[g] = 'c' and p_by[g] > 0 and p_limit[g] is not null then
      select c.count into total from guard_counts c where c.organization_id = p_org and c.scope = p_scope[g] and c.key = p_key[g];
      total := coalesce(total, 0);
      for earlier in 1 .. g - 1 loop
        if p_kind[earlier] = 'c' and p_scope[earlier] = p_scope[g] and p_key[earlier] = p_key[g] then total := total + p_by[earlier]; end if;
      end loop;
      if total + p_by[g] > p_limit[g] then return jsonb_build_object('guard', g - 1, 'count', total); end if;
    end if;
  end loop;
  return null;
end $$;

create function hold_guards(
  p_org uuid, p_type text, p_id uuid,
  p_kind "char"[], p_scope text[], p_key text[], p_at timestamptz[], p_by bigint[]
) returns void language plpgsql as $$
begin
  for g in 1 .. cardinality(p_kind) loop
    if p_kind[g] in ('t', 'w') then
      insert into guards as h (organization_id, scope, key, holder_type, holder, at)
        values (p_org, p_scope[g], p_key[g], p_type, p_id, coalesce(p_at[g], clock_timestamp()))
        on conflict (organization_id, scope, key, holder_type, holder) do update set at = excluded.at;
    elsif p_kind[g] = 'f' then
      delete from guards h
        where h.organization_id = p_org and h.scope = p_scope[g] and h.key = p_key[g] and h.holder_type = p_type and h.holder = p_id;
    else
      insert into guard_counts as c (organization_id, scope, key, count) values (p_org, p_scope[g], p_key[g], p_by[g])
        on conflict (organization_id, scope, key) do update set count = c.count + excluded.count;
    end if;
  end loop;
end $$;
`;

/**
 * Holds the guards of a whole batch with a handful of statements, where none can refuse in any order: nobody else holds
 * what is taken, no key is taken or freed twice, and every counter stays below its limit even if only additions count.
 * Answers whether it did; if not, the items have to be looked at one after the other.
 */
const manyItems = `
create function hold_guards_at_once(
  g_item int[], g_org uuid[], g_type text[], g_id uuid[],
  g_kind "char"[], g_scope text[], g_key text[], g_at timestamptz[], g_by bigint[], g_limit bigint[], verdict "char"[]
) returns boolean language plpgsql set plan_cache_mode = force_generic_plan as $$
begin
  if exists (
    select from unnest(g_item, g_org, g_type, g_id, g_kind, g_scope, g_key) u(item, org, type, id, kind, scope, key)
    join guards h on h.organization_id = u.org and h.scope = u.scope and h.key = u.key
    where u.kind in ('t', 'w') and verdict[u.item] = 'o' and not (h.holder_type = u.type and h.holder = u.id)
  ) or exists (
    select from unnest(g_item, g_org, g_kind, g_scope, g_key) u(item, org, kind, scope, key)
    where u.kind <> 'c' and verdict[u.item] = 'o' group by u.org, u.scope, u.key having count(*) > 1
  ) or exists (
    select from (select u.org, u.scope, u.key, sum(u.count) filter (where u.count > 0) as added, min(u.most) filter (where u.count > 0) as most
                 from unnest(g_item, g_org, g_kind, g_scope, g_key, g_by, g_limit) u(item, org, kind, scope, key, count, most)
                 where u.kind = 'c' and verdict[u.item] = 'o' group by 1, 2, 3) wanted
    left join guard_counts c on c.organization_id = wanted.org and c.scope = wanted.scope and c.key = wanted.key
    where coalesce(c.count, 0) + wanted.added > wanted.most
  ) then
    return false;
  end if;
  insert into guards as h (organization_id, scope, key, holder_type, holder, at)
    select u.org, u.scope, u.key, u.type, u.id, coalesce(u.at, clock_timestamp())
    from unnest(g_item, g_org, g_type, g_id, g_kind, g_scope, g_key, g_at) u(item, org, type, id, kind, scope, key, at)
    where u.kind in ('t', 'w') and verdict[u.item] = 'o'
    on conflict (organization_id, scope, key, holder_type, holder) do update set at = excluded.at;
  if 'f'::"char" = any (g_kind) then
    delete from guards h using unnest(g_item, g_org, g_type, g_id, g_kind, g_scope, g_key) u(item, org, type, id, kind, scope, key)
      where u.kind = 'f' and verdict[u.item] = 'o'
        and h.organization_id = u.org and h.scope = u.scope and h.key = u.key and h.holder_type = u.type and h.holder = u.id;
  end if;
  if 'c'::"char" = any (g_kind) then
    insert into guard_counts as c (organization_id, scope, key, count)
      select u.org, u.scope, u.key, sum(u.count)
      from unnest(g_item, g_org, g_kind, g_scope, g_key, g_by) u(item, org, kind, scope, key, count)
      where u.kind = 'c' and verdict[u.item] = 'o' group by 1, 2, 3
      on conflict (organization_id, scope, key) do update set count = c.count + excluded.count;
  end if;
  return true;
end $$;
`;
