-- Roles
role app login noinherit idle_in_transaction_session_timeout=60s statement_timeout=30s
role appender login noinherit idle_in_transaction_session_timeout=60s
role auth login noinherit idle_in_transaction_session_timeout=60s
role owner login createrole inherit
role projector login noinherit idle_in_transaction_session_timeout=60s

-- Extensions
extension btree_gin
extension pg_trgm

-- Schemas
schema public -- app:usage appender:usage auth:usage projector:usage
schema read_v1_g1 -- app:usage auth:usage projector:usage

-- Tables, their columns, constraints, row-level security and rights
table public.access_tokens -- owner owner, row-level security forced
  hash bytea not null
  session_id uuid not null
  expires_at timestamp with time zone not null
  FOREIGN KEY (session_id) REFERENCES sessions(id) ON DELETE CASCADE
  PRIMARY KEY (hash)
  -- auth:delete,insert,select,update
table public.changed -- owner owner, row-level security forced
  version integer not null
  position bigint not null
  view text not null
  organization_id uuid not null
  key text not null
  row_version integer not null
  status text
  audience_before text
  audience_after text
  by text not null
  at timestamp with time zone not null
  sent jsonb
  keys text[]
  PRIMARY KEY (organization_id, version, view, "position", key)
  -- app:select projector:delete,insert,select,update
table public.checkpoints with (fillfactor=10) -- owner owner
  version integer not null
  position bigint not null default 0
  epoch bigint not null default 0
  stamp bigint not null default 0
  changed_from bigint not null default 0
  leader text
  leader_pid integer
  lease_until timestamp with time zone not null default '-infinity'::timestamp with time zone
  FOREIGN KEY (version) REFERENCES read_versions(version)
  PRIMARY KEY (version)
  -- app:select auth:select projector:insert,select,update
table public.commands -- owner owner, row-level security forced
  organization_id uuid not null
  actor text collate "C" not null
  key uuid not null
  hash bytea
  stream_id uuid not null
  version integer not null
  position bigint not null
  answer jsonb
  at timestamp with time zone not null
  PRIMARY KEY (organization_id, actor, key)
  -- appender:delete,insert,select
table public.credentials -- owner owner, row-level security forced
  user_id uuid not null
  email text collate "C" not null
  password_hash text not null
  changed_at timestamp with time zone not null default clock_timestamp()
  PRIMARY KEY (user_id)
  UNIQUE (email)
  -- auth:delete,insert,select,update
table public.events -- owner owner, row-level security forced
  position bigint not null
  organization_id uuid not null
  stream_type text collate "C" not null
  stream_id uuid not null
  version integer not null
  type text collate "C" not null
  schema smallint not null
  data jsonb not null
  meta jsonb not null
  personal bytea
  recorded_at timestamp with time zone not null
  PRIMARY KEY ("position")
  UNIQUE (organization_id, stream_type, stream_id, version)
  -- app:select appender:insert,select projector:select
table public.generations -- owner owner
  version integer not null
  projection text not null
  generation integer not null
  schema text not null
  status text not null
  position bigint not null default 0
  created_at timestamp with time zone not null default clock_timestamp()
  retired_at timestamp with time zone
  CHECK ((status = ANY (ARRAY['building'::text, 'live'::text, 'retired'::text])))
  FOREIGN KEY (version) REFERENCES read_versions(version)
  PRIMARY KEY (version, projection, generation)
  -- app:select auth:select projector:select,update
table public.guard_counts with (fillfactor=80) -- owner owner, row-level security forced
  organization_id uuid not null
  scope text collate "C" not null
  key text collate "C" not null
  count bigint not null
  PRIMARY KEY (organization_id, scope, key)
  -- appender:insert,select,update
table public.guards -- owner owner, row-level security forced
  organization_id uuid not null
  scope text collate "C" not null
  key text collate "C" not null
  holder_type text collate "C" not null
  holder uuid not null
  at timestamp with time zone not null
  PRIMARY KEY (organization_id, scope, key, holder_type, holder)
  -- appender:delete,insert,select,update
table public.installation -- owner owner
  one boolean not null default true
  key_check text not null
  demo text
  made_at timestamp with time zone not null default now()
  CHECK ((demo = ANY (ARRAY['making'::text, 'made'::text])))
  CHECK (one)
  PRIMARY KEY (one)
  -- app:select
table public.migrations -- owner owner
  id integer not null default nextval('migrations_id_seq'::regclass)
  name character varying(255) not null
  executed_at timestamp(6) with time zone not null default CURRENT_TIMESTAMP(6)
  PRIMARY KEY (id)
  -- no rights
table public.organization_keys -- owner owner, row-level security forced
  organization_id uuid not null
  version smallint not null
  wrapped bytea not null
  created_at timestamp with time zone not null default clock_timestamp()
  PRIMARY KEY (organization_id, version)
  -- appender:insert,select projector:select
table public.parked -- owner owner, row-level security forced
  version integer not null
  projection text not null
  organization_id uuid not null
  stream_type text not null
  stream_id text not null
  position bigint not null
  event_type text not null
  error text not null
  parked_at timestamp with time zone not null default clock_timestamp()
  PRIMARY KEY (organization_id, version, projection, stream_type, stream_id)
  -- app:select projector:delete,insert,select,update
table public.person_keys -- owner owner, row-level security forced
  organization_id uuid not null
  person_id uuid not null
  version smallint not null
  wrapped bytea
  created_at timestamp with time zone not null default clock_timestamp()
  erased_at timestamp with time zone
  CHECK (((wrapped IS NULL) = (erased_at IS NOT NULL)))
  PRIMARY KEY (organization_id, person_id)
  -- appender:insert,select,update projector:select
table public.read_versions -- owner owner
  version integer not null
  fingerprint text not null
  ddl jsonb not null
  created_at timestamp with time zone not null default clock_timestamp()
  PRIMARY KEY (version)
  UNIQUE (fingerprint)
  -- app:select auth:select projector:select
table public.refresh_tokens -- owner owner, row-level security forced
  hash bytea not null
  session_id uuid not null
  created_at timestamp with time zone not null
  used_at timestamp with time zone
  FOREIGN KEY (session_id) REFERENCES sessions(id) ON DELETE CASCADE
  PRIMARY KEY (hash)
  -- auth:delete,insert,select,update
table public.sessions with (fillfactor=80) -- owner owner, row-level security forced
  id uuid not null
  user_id uuid not null
  organization_id uuid not null
  agent_id uuid not null
  created_at timestamp with time zone not null
  used_at timestamp with time zone not null
  expires_at timestamp with time zone not null
  ended_at timestamp with time zone
  ended_reason text
  ip text
  user_agent text
  CHECK (((ended_at IS NULL) = (ended_reason IS NULL)))
  FOREIGN KEY (user_id) REFERENCES credentials(user_id) ON DELETE CASCADE
  PRIMARY KEY (id)
  -- auth:delete,insert,select,update
table public.streams with (fillfactor=80) -- owner owner, row-level security forced
  organization_id uuid not null
  type text collate "C" not null
  stream_id uuid not null
  version integer not null
  PRIMARY KEY (organization_id, type, stream_id)
  -- app:select appender:insert,select,update projector:select
table read_v1_g1.alerts with (fillfactor=80, toast_tuple_target=8160) -- owner owner, row-level security forced
  organization_id uuid not null
  key text not null
  position bigint not null
  version integer not null
  scope text
  status text
  wire text not null
  state text
  agent_id text
  created_at timestamp with time zone
  read_at timestamp with time zone
  PRIMARY KEY (organization_id, key)
  -- app:select projector:delete,insert,select,update
table read_v1_g1.board_columns with (fillfactor=80, toast_tuple_target=8160) -- owner owner, row-level security forced
  organization_id uuid not null
  key text not null
  position bigint not null
  version integer not null
  scope text
  status text
  wire text not null
  state text
  count bigint
  value bigint
  PRIMARY KEY (organization_id, key)
  -- app:select projector:delete,insert,select,update
table read_v1_g1.floor with (fillfactor=80, toast_tuple_target=8160) -- owner owner, row-level security forced
  organization_id uuid not null
  key text not null
  position bigint not null
  version integer not null
  scope text
  status text
  wire text not null
  state text
  full_name text
  availability text
  active boolean
  active_leads_count integer
  capacity integer
  PRIMARY KEY (organization_id, key)
  -- app:select projector:delete,insert,select,update
table read_v1_g1.lead with (fillfactor=80, toast_tuple_target=8160) -- owner owner, row-level security forced
  organization_id uuid not null
  key text not null
  position bigint not null
  version integer not null
  scope text
  status text
  wire text not null
  state text
  agent_id text
  open boolean
  name text
  source text
  property_type text
  tags text[]
  score double precision
  value bigint
  budget_min bigint
  budget_max bigint
  external_id text
  captured_at timestamp with time zone
  status_changed_at timestamp with time zone
  assigned_at timestamp with time zone
  first_contacted_at timestamp with time zone
  respond_by timestamp with time zone
  closed_at timestamp with time zone
  updated_at timestamp with time zone
  waiting_since timestamp with time zone
  deleted_at timestamp with time zone
  board_wire text
  PRIMARY KEY (organization_id, key)
  -- app:select projector:delete,insert,select,update
table read_v1_g1.lead_tags with (fillfactor=80, toast_tuple_target=8160) -- owner owner, row-level security forced
  organization_id uuid not null
  key text not null
  position bigint not null
  version integer not null
  scope text
  status text
  wire text not null
  state text
  tags text[]
  PRIMARY KEY (organization_id, key)
  -- app:select projector:delete,insert,select,update
table read_v1_g1.members with (fillfactor=80, toast_tuple_target=8160) -- owner owner, row-level security forced
  organization_id uuid not null
  key text not null
  position bigint not null
  version integer not null
  scope text
  status text
  wire text not null
  state text
  user_id uuid
  name text
  role text
  active boolean
  PRIMARY KEY (organization_id, key)
  -- app:select auth:select projector:delete,insert,select,update
table read_v1_g1.metrics with (fillfactor=80, toast_tuple_target=8160) -- owner owner, row-level security forced
  organization_id uuid not null
  key text not null
  position bigint not null
  version integer not null
  scope text
  status text
  wire text not null
  state text
  metric text
  bucket text
  value bigint
  PRIMARY KEY (organization_id, key)
  -- app:select projector:delete,insert,select,update
table read_v1_g1.operation with (fillfactor=80, toast_tuple_target=8160) -- owner owner, row-level security forced
  organization_id uuid not null
  key text not null
  position bigint not null
  version integer not null
  scope text
  status text
  wire text not null
  state text
  started_at timestamp with time zone
  PRIMARY KEY (organization_id, key)
  -- app:select projector:delete,insert,select,update
table read_v1_g1.organizations with (fillfactor=80, toast_tuple_target=8160) -- owner owner, row-level security forced
  organization_id uuid not null
  key text not null
  position bigint not null
  version integer not null
  scope text
  status text
  wire text not null
  state text
  name text
  slug text
  preset text
  PRIMARY KEY (organization_id, key)
  -- app:select auth:select projector:delete,insert,select,update
table read_v1_g1.roster with (fillfactor=80, toast_tuple_target=8160) -- owner owner, row-level security forced
  organization_id uuid not null
  key text not null
  position bigint not null
  version integer not null
  scope text
  status text
  wire text not null
  state text
  PRIMARY KEY (organization_id, key)
  -- app:select projector:delete,insert,select,update
table read_v1_g1.search with (fillfactor=80, toast_tuple_target=8160) -- owner owner, row-level security forced
  organization_id uuid not null
  key text not null
  position bigint not null
  version integer not null
  scope text
  status text
  wire text not null
  state text
  text text
  PRIMARY KEY (organization_id, key)
  -- app:select projector:delete,insert,select,update
table read_v1_g1.teams with (fillfactor=80, toast_tuple_target=8160) -- owner owner, row-level security forced
  organization_id uuid not null
  key text not null
  position bigint not null
  version integer not null
  scope text
  status text
  wire text not null
  state text
  name text
  lead_id text
  agent_ids text[]
  PRIMARY KEY (organization_id, key)
  -- app:select auth:select projector:delete,insert,select,update
table read_v1_g1.timeline -- owner owner, row-level security forced
  organization_id uuid not null
  lead_id uuid not null
  position bigint not null
  at timestamp with time zone
  wire text
  changes json
  PRIMARY KEY (organization_id, lead_id, "position")
  -- app:select projector:delete,insert,select,update
table read_v1_g1.users with (fillfactor=80, toast_tuple_target=8160) -- owner owner, row-level security forced
  organization_id uuid not null
  key text not null
  position bigint not null
  version integer not null
  scope text
  status text
  wire text not null
  state text
  email text
  first_name text
  last_name text
  PRIMARY KEY (organization_id, key)
  -- app:select auth:select projector:delete,insert,select,update

-- Indexes beside the constraints
CREATE INDEX access_tokens_of_session ON public.access_tokens USING btree (session_id)
CREATE INDEX alerts_organization_id_scope_created_at_idx ON read_v1_g1.alerts USING btree (organization_id, scope, created_at DESC)
CREATE INDEX changed_by_age ON public.changed USING brin (at)
CREATE INDEX changed_in_order ON public.changed USING brin ("position") WITH (pages_per_range='16', autosummarize='on')
CREATE INDEX commands_at ON public.commands USING brin (at) WITH (pages_per_range='32', autosummarize='on')
CREATE INDEX lead_organization_id_captured_at_key_idx ON read_v1_g1.lead USING btree (organization_id, captured_at DESC, key) WHERE (deleted_at IS NULL)
CREATE INDEX lead_organization_id_closed_at_idx ON read_v1_g1.lead USING btree (organization_id, closed_at) WHERE ((deleted_at IS NULL) AND (closed_at IS NOT NULL))
CREATE INDEX lead_organization_id_external_id_idx ON read_v1_g1.lead USING btree (organization_id, external_id) WHERE (external_id IS NOT NULL)
CREATE INDEX lead_organization_id_scope_captured_at_key_idx ON read_v1_g1.lead USING btree (organization_id, scope, captured_at DESC, key) WHERE (deleted_at IS NULL)
CREATE INDEX lead_organization_id_scope_idx ON read_v1_g1.lead USING btree (organization_id, scope) WHERE (waiting_since IS NOT NULL)
CREATE INDEX lead_organization_id_status_status_changed_at_key_idx ON read_v1_g1.lead USING btree (organization_id, status, status_changed_at DESC, key) WHERE (deleted_at IS NULL)
CREATE INDEX lead_tags_organization_id_tags_idx ON read_v1_g1.lead_tags USING gin (organization_id, tags)
CREATE INDEX members_user_id_idx ON read_v1_g1.members USING btree (user_id)
CREATE INDEX metrics_organization_id_bucket_idx ON read_v1_g1.metrics USING btree (organization_id, bucket)
CREATE INDEX operation_organization_id_started_at_idx ON read_v1_g1.operation USING btree (organization_id, started_at DESC)
CREATE INDEX organizations_slug_idx ON read_v1_g1.organizations USING btree (slug)
CREATE INDEX refresh_tokens_of_session ON public.refresh_tokens USING btree (session_id)
CREATE INDEX search_organization_id_text_idx ON read_v1_g1.search USING gin (organization_id, text gin_trgm_ops)
CREATE INDEX sessions_ended ON public.sessions USING btree (ended_at) WHERE (ended_at IS NOT NULL)
CREATE INDEX sessions_of_user ON public.sessions USING btree (user_id, organization_id)
CREATE INDEX teams_organization_id_lead_id_idx ON read_v1_g1.teams USING btree (organization_id, lead_id)
CREATE INDEX users_email_idx ON read_v1_g1.users USING btree (email)
CREATE UNIQUE INDEX one_live_generation ON public.generations USING btree (version, projection) WHERE (status = 'live'::text)

-- Policies
policy sign_in on public.access_tokens for all to auth using (true) with check (true)
policy projector on public.changed for all to projector using (true) with check (true)
policy tenant on public.changed for select to app using ((organization_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::uuid AS "nullif")))
policy commands_appender on public.commands for all to appender using (true) with check (true)
policy sign_in on public.credentials for all to auth using (true) with check (true)
policy events_appender on public.events for all to appender using (true) with check (true)
policy events_projector on public.events for select to projector using (true)
policy events_tenant on public.events for select to app using ((organization_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::uuid AS "nullif")))
policy guard_counts_appender on public.guard_counts for all to appender using (true) with check (true)
policy guards_appender on public.guards for all to appender using (true) with check (true)
policy organization_keys_appender on public.organization_keys for all to appender using (true) with check (true)
policy organization_keys_projector on public.organization_keys for select to projector using (true)
policy projector on public.parked for all to projector using (true) with check (true)
policy tenant on public.parked for select to app using ((organization_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::uuid AS "nullif")))
policy person_keys_appender on public.person_keys for all to appender using (true) with check (true)
policy person_keys_projector on public.person_keys for select to projector using (true)
policy sign_in on public.refresh_tokens for all to auth using (true) with check (true)
policy sign_in on public.sessions for all to auth using (true) with check (true)
policy streams_appender on public.streams for all to appender using (true) with check (true)
policy streams_projector on public.streams for select to projector using (true)
policy streams_tenant on public.streams for select to app using ((organization_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::uuid AS "nullif")))
policy definer on read_v1_g1.alerts for select to owner using (true)
policy projector on read_v1_g1.alerts for all to projector using (true) with check (true)
policy tenant on read_v1_g1.alerts for select to app using ((organization_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::uuid AS "nullif")))
policy definer on read_v1_g1.board_columns for select to owner using (true)
policy projector on read_v1_g1.board_columns for all to projector using (true) with check (true)
policy tenant on read_v1_g1.board_columns for select to app using ((organization_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::uuid AS "nullif")))
policy definer on read_v1_g1.floor for select to owner using (true)
policy projector on read_v1_g1.floor for all to projector using (true) with check (true)
policy tenant on read_v1_g1.floor for select to app using ((organization_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::uuid AS "nullif")))
policy definer on read_v1_g1.lead for select to owner using (true)
policy projector on read_v1_g1.lead for all to projector using (true) with check (true)
policy tenant on read_v1_g1.lead for select to app using ((organization_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::uuid AS "nullif")))
policy definer on read_v1_g1.lead_tags for select to owner using (true)
policy projector on read_v1_g1.lead_tags for all to projector using (true) with check (true)
policy tenant on read_v1_g1.lead_tags for select to app using ((organization_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::uuid AS "nullif")))
policy definer on read_v1_g1.members for select to owner using (true)
policy projector on read_v1_g1.members for all to projector using (true) with check (true)
policy sign_in on read_v1_g1.members for select to auth using (true)
policy tenant on read_v1_g1.members for select to app using ((organization_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::uuid AS "nullif")))
policy definer on read_v1_g1.metrics for select to owner using (true)
policy projector on read_v1_g1.metrics for all to projector using (true) with check (true)
policy tenant on read_v1_g1.metrics for select to app using ((organization_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::uuid AS "nullif")))
policy definer on read_v1_g1.operation for select to owner using (true)
policy projector on read_v1_g1.operation for all to projector using (true) with check (true)
policy tenant on read_v1_g1.operation for select to app using ((organization_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::uuid AS "nullif")))
policy definer on read_v1_g1.organizations for select to owner using (true)
policy projector on read_v1_g1.organizations for all to projector using (true) with check (true)
policy sign_in on read_v1_g1.organizations for select to auth using (true)
policy tenant on read_v1_g1.organizations for select to app using ((organization_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::uuid AS "nullif")))
policy definer on read_v1_g1.roster for select to owner using (true)
policy projector on read_v1_g1.roster for all to projector using (true) with check (true)
policy tenant on read_v1_g1.roster for select to app using ((organization_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::uuid AS "nullif")))
policy definer on read_v1_g1.search for select to owner using (true)
policy projector on read_v1_g1.search for all to projector using (true) with check (true)
policy tenant on read_v1_g1.search for select to app using ((organization_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::uuid AS "nullif")))
policy definer on read_v1_g1.teams for select to owner using (true)
policy projector on read_v1_g1.teams for all to projector using (true) with check (true)
policy sign_in on read_v1_g1.teams for select to auth using (true)
policy tenant on read_v1_g1.teams for select to app using ((organization_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::uuid AS "nullif")))
policy definer on read_v1_g1.timeline for select to owner using (true)
policy projector on read_v1_g1.timeline for all to projector using (true) with check (true)
policy tenant on read_v1_g1.timeline for select to app using ((organization_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::uuid AS "nullif")))
policy definer on read_v1_g1.users for select to owner using (true)
policy projector on read_v1_g1.users for all to projector using (true) with check (true)
policy sign_in on read_v1_g1.users for select to auth using (true)
policy tenant on read_v1_g1.users for select to app using ((organization_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::uuid AS "nullif")))

-- Views and sequences
view public.head with (security_invoker=true) -- appender:select projector:select
 SELECT COALESCE(max("position"), (0)::bigint) AS "position",
    COALESCE(max(recorded_at), '-infinity'::timestamp with time zone) AS recorded_at
   FROM ( SELECT e."position",
            e.recorded_at
           FROM events e
          ORDER BY e."position" DESC
         LIMIT 1) newest;
sequence public.migrations_id_seq -- no rights
view read_v1_g1.board with (security_invoker=true) -- app:select projector:select
 SELECT organization_id,
    key,
    "position",
    version,
    scope,
    status,
    agent_id,
    open,
    name,
    source,
    property_type,
    tags,
    score,
    value,
    budget_min,
    budget_max,
    external_id,
    captured_at,
    status_changed_at,
    assigned_at,
    first_contacted_at,
    respond_by,
    closed_at,
    updated_at,
    board_wire AS wire
   FROM read_v1_g1.lead
  WHERE (deleted_at IS NULL);
view read_v1_g1.history with (security_invoker=true) -- app:select projector:select
 SELECT t.organization_id,
    t.lead_id,
    t."position",
    (c.value ->> 'field'::text) AS field,
    t.at,
    (c.value)::text AS wire
   FROM (read_v1_g1.timeline t
     CROSS JOIN LATERAL json_array_elements(t.changes) c(value))
  WHERE (t.changes IS NOT NULL);

-- Functions
CREATE OR REPLACE FUNCTION public.append(p_org uuid[], p_actor text[], p_command uuid[], p_hash bytea[], p_answer jsonb[], p_at timestamp with time zone[], p_id uuid[], p_main integer[], p_events integer[], s_item integer[], s_org uuid[], s_type text[], s_id uuid[], s_expected integer[], s_events integer[], e_item integer[], e_stream integer[], e_nth integer[], e_org uuid[], e_stream_type text[], e_stream_id uuid[], e_type text[], e_schema integer[], e_data jsonb[], e_meta jsonb[], e_personal bytea[], k_item integer[], k_org uuid[], k_person uuid[], k_version integer[], k_wrapped bytea[], g_item integer[], g_org uuid[], g_type text[], g_id uuid[], g_kind "char"[], g_scope text[], g_key text[], g_at timestamp with time zone[], g_seconds double precision[], g_by bigint[], g_limit bigint[], OUT base bigint, OUT recorded timestamp with time zone, OUT verdicts text, OUT details jsonb)
 RETURNS record
 LANGUAGE plpgsql
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
declare
  n int := cardinality(p_org);
  verdict "char"[] := array_fill('o'::"char", array[n]);
  expected int[] := s_expected;
  refused boolean := false;
  instants timestamptz[]; latest timestamptz;
  r record; note jsonb; g int := 1; upto int; total bigint;
begin
  perform pg_advisory_xact_lock(4242);
  select h.position, h.recorded_at, greatest(h.recorded_at, clock_timestamp()) into base, latest, recorded from head h;
  details := '[]';

  if p_command is not null then
    for r in
      select u.i, c.hash, c.stream_id, c.version, c.position, c.answer, c.key is null as twice
      from (select w.*, row_number() over (partition by w.org, w.actor, w.command order by w.i) as turn
            from unnest(p_org, p_actor, p_command) with ordinality w(org, actor, command, i)) u
      left join commands c on c.organization_id = u.org and c.actor = u.actor and c.key = u.command
      where c.key is not null or u.turn > 1
    loop
      refused := true;
      if r.twice then
        verdict[r.i] := 'r';
      else
        verdict[r.i] := 'd';
        details := details || jsonb_build_object('i', r.i - 1, 'hash', encode(r.hash, 'hex'), 'id', r.stream_id, 'version', r.version, 'position', r.position, 'answer', r.answer);
      end if;
    end loop;
  end if;

  for r in
    select u.i, u.item, coalesce(s.version, 0) as version, u.turn, u.expected
    from (select w.*, row_number() over (partition by w.org, w.type, w.id order by w.i) as turn
          from unnest(s_item, s_org, s_type, s_id, s_expected) with ordinality w(item, org, type, id, expected, i)) u
    left join streams s on s.organization_id = u.org and s.type = u.type and s.stream_id = u.id
    where u.turn > 1 or u.expected is distinct from coalesce(s.version, 0)
    order by u.i
  loop
    expected[r.i] := r.version;
    if r.turn > 1 then
      refused := true;
      if verdict[r.item] in ('o', 'x') then verdict[r.item] := 'r'; end if;
    elsif r.expected is not null and verdict[r.item] = 'o' then
      refused := true;
      verdict[r.item] := 'x';
      details := details || jsonb_build_object('i', r.item - 1, 'version', r.version);
    end if;
  end loop;

  if cardinality(k_item) > 0 then
    for r in
      select u.item from unnest(k_item, k_org, k_person, k_version, k_wrapped) u(item, org, person, version, wrapped)
      left join person_keys p on p.organization_id = u.org and p.person_id = u.person
      where case when u.wrapped is null then p.wrapped is null or p.version <> u.version else p.person_id is not null end
    loop
      refused := true;
      if verdict[r.item] = 'o' then verdict[r.item] := 'r'; end if;
    end loop;
  end if;

  if cardinality(g_item) > 0 and hold_guards_at_once(g_item, g_org, g_type, g_id, g_kind, g_scope, g_key, g_at, g_by, g_limit, verdict) then
    g := cardinality(g_item) + 1;
  end if;
  while g <= cardinality(g_item) loop
    upto := g;
    while upto < cardinality(g_item) and g_item[upto + 1] = g_item[g] loop upto := upto + 1; end loop;
    if verdict[g_item[g]] = 'o' then
      note := guards_refusal(g_org[g], g_type[g], g_id[g], g_kind[g:upto], g_scope[g:upto], g_key[g:upto], g_at[g:upto], g_seconds[g:upto], g_by[g:upto], g_limit[g:upto]);
      if note is null then
        perform hold_guards(g_org[g], g_type[g], g_id[g], g_kind[g:upto], g_scope[g:upto], g_key[g:upto], g_at[g:upto], g_by[g:upto]);
      else
        refused := true;
        verdict[g_item[g]] := 'g';
        details := details || (note || jsonb_build_object('i', g_item[g] - 1));
      end if;
    end if;
    g := upto + 1;
  end loop;

  if not refused or 'o'::"char" = any (verdict) then
    if p_at is not null then
      for i in 1 .. n loop
        latest := greatest(latest, least(coalesce(p_at[i], recorded), recorded));
        instants[i] := latest;
      end loop;
    end if;
    if cardinality(k_item) > 0 then
      insert into person_keys (organization_id, person_id, version, wrapped)
        select u.org, u.person, u.version, u.wrapped from unnest(k_item, k_org, k_person, k_version, k_wrapped) u(item, org, person, version, wrapped)
        where u.wrapped is not null and verdict[u.item] = 'o';
    end if;
    insert into streams (organization_id, type, stream_id, version)
      select u.org, u.type, u.id, u.events from unnest(s_item, s_org, s_type, s_id, s_events) with ordinality u(item, org, type, id, events, i)
      where u.events > 0 and expected[u.i] = 0 and verdict[u.item] = 'o';
    update streams s set version = expected[u.i] + u.events
      from unnest(s_item, s_org, s_type, s_id, s_events) with ordinality u(item, org, type, id, events, i)
      where u.events > 0 and expected[u.i] > 0 and verdict[u.item] = 'o' and s.organization_id = u.org and s.type = u.type and s.stream_id = u.id;
    insert into events (position, organization_id, stream_type, stream_id, version, type, schema, data, meta, personal, recorded_at)
      select base + row_number() over (order by u.i), u.org, u.stream_type, u.stream_id, expected[u.stream] + u.nth, u.type, u.schema, u.data, u.meta, u.personal, coalesce(instants[u.item], recorded)
      from unnest(e_item, e_stream, e_nth, e_org, e_stream_type, e_stream_id, e_type, e_schema, e_data, e_meta, e_personal)
        with ordinality u(item, stream, nth, org, stream_type, stream_id, type, schema, data, meta, personal, i)
      where verdict[u.item] = 'o';
    get diagnostics total = row_count;
    if p_command is not null then
      insert into commands (organization_id, actor, key, hash, stream_id, version, position, answer, at)
        select u.org, u.actor, u.command, u.hash, u.id, expected[u.main] + s_events[u.main], base + sum(u.events) over (order by u.i), u.answer, recorded
        from unnest(p_org, p_actor, p_command, p_hash, p_answer, p_id, p_main, p_events) with ordinality u(org, actor, command, hash, answer, id, main, events, i)
        where verdict[u.i] = 'o';
    end if;
    perform pg_notify('log', (base + total)::text);
  end if;
  verdicts := array_to_string(verdict, '');
end $function$
-- owner owner; appender:execute
CREATE OR REPLACE FUNCTION public.append_one(p_org uuid, p_actor text, p_command uuid, p_hash bytea, p_answer jsonb, s_type text, s_id uuid, s_expected integer, e_type text[], e_schema integer[], e_data jsonb[], e_meta jsonb, e_personal bytea[], k_person uuid, k_version integer, k_wrapped bytea, g_kind "char"[], g_scope text[], g_key text[], g_at timestamp with time zone[], g_seconds double precision[], g_by bigint[], g_limit bigint[], OUT base bigint, OUT recorded timestamp with time zone, OUT verdicts text, OUT details jsonb)
 RETURNS record
 LANGUAGE plpgsql
 SET enable_seqscan TO 'off'
AS $function$
declare
  n int := cardinality(e_type);
  present int; known commands; note jsonb;
begin
  perform pg_advisory_xact_lock(4242);
  select e.position, greatest(e.recorded_at, clock_timestamp()) into base, recorded from events e order by e.position desc limit 1;
  base := coalesce(base, 0);
  recorded := coalesce(recorded, clock_timestamp());

  select * into known from commands c where c.organization_id = p_org and c.actor = p_actor and c.key = p_command;
  if found then
    verdicts := 'd';
    details := jsonb_build_array(jsonb_build_object('i', 0, 'hash', encode(known.hash, 'hex'), 'id', known.stream_id, 'version', known.version, 'position', known.position, 'answer', known.answer));
    return;
  end if;
  select s.version into present from streams s where s.organization_id = p_org and s.type = s_type and s.stream_id = s_id;
  present := coalesce(present, 0);
  if s_expected <> present then
    verdicts := 'x';
    details := jsonb_build_array(jsonb_build_object('i', 0, 'version', present));
    return;
  end if;
  if k_person is not null then
    perform from person_keys p where p.organization_id = p_org and p.person_id = k_person
      and (k_wrapped is not null or (p.wrapped is not null and p.version = k_version));
    if found = (k_wrapped is not null) then
      verdicts := 'r';
      return;
    end if;
  end if;
  if cardinality(g_kind) > 0 then
    note := guards_refusal(p_org, s_type, s_id, g_kind, g_scope, g_key, g_at, g_seconds, g_by, g_limit);
    if note is not null then
      verdicts := 'g';
      details := jsonb_build_array(note || jsonb_build_object('i', 0));
      return;
    end if;
    perform hold_guards(p_org, s_type, s_id, g_kind, g_scope, g_key, g_at, g_by);
  end if;

  verdicts := 'o';
  if k_wrapped is not null then
    insert into person_keys (organization_id, person_id, version, wrapped) values (p_org, k_person, k_version, k_wrapped);
  end if;
  if present = 0 and n > 0 then
    insert into streams (organization_id, type, stream_id, version) values (p_org, s_type, s_id, n);
  elsif n > 0 then
    update streams s set version = present + n where s.organization_id = p_org and s.type = s_type and s.stream_id = s_id;
  end if;
  for i in 1 .. n loop
    insert into events (position, organization_id, stream_type, stream_id, version, type, schema, data, meta, personal, recorded_at)
      values (base + i, p_org, s_type, s_id, present + i, e_type[i], e_schema[i], e_data[i], e_meta, e_personal[i], recorded);
  end loop;
  insert into commands (organization_id, actor, key, hash, stream_id, version, position, answer, at)
    values (p_org, p_actor, p_command, p_hash, s_id, present + n, base + n, p_answer, recorded);
  perform pg_notify('log', (base + n)::text);
end $function$
-- owner owner; appender:execute
CREATE OR REPLACE FUNCTION public.drop_read_table(wanted integer, name text, schema_name text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
      begin
        delete from generations where version = wanted and projection = name and schema = schema_name and status <> 'live';
        if not found then raise exception '%.% is live or unknown', schema_name, name; end if;
        -- what looks at a table goes with it
        if (select relkind from pg_class where oid = to_regclass(format('%I.%I', schema_name, name))) = 'v' then
          execute format('drop view %I.%I', schema_name, name);
        else
          execute format('drop table if exists %I.%I cascade', schema_name, name);
        end if;
        perform 1 from generations where schema = schema_name;
        if not found then execute format('drop schema %I cascade', schema_name); end if;
      end $function$
-- owner owner; projector:execute
CREATE OR REPLACE FUNCTION public.finish_read_generation(wanted integer, name text, schema_name text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
      declare
        statement text;
      begin
        perform 1 from generations where version = wanted and projection = name and schema = schema_name and status = 'building';
        if not found then raise exception 'no generation of % is being built in %', name, schema_name; end if;
        for statement in select value from read_versions v, jsonb_array_elements_text(v.ddl -> name -> 'after') where v.version = wanted loop
          execute replace(statement, '{schema}', quote_ident(schema_name));
        end loop;
        if (select relkind from pg_class where oid = to_regclass(format('%I.%I', schema_name, name))) = 'r' then
          execute format('analyze %I.%I', schema_name, name);
        end if;
      end $function$
-- owner owner; projector:execute
CREATE OR REPLACE FUNCTION public.guards_refusal(p_org uuid, p_type text, p_id uuid, p_kind "char"[], p_scope text[], p_key text[], p_at timestamp with time zone[], p_seconds double precision[], p_by bigint[], p_limit bigint[])
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE
AS $function$
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
end $function$
-- owner owner; appender:execute
CREATE OR REPLACE FUNCTION public.hold_guards(p_org uuid, p_type text, p_id uuid, p_kind "char"[], p_scope text[], p_key text[], p_at timestamp with time zone[], p_by bigint[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
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
end $function$
-- owner owner; appender:execute
CREATE OR REPLACE FUNCTION public.hold_guards_at_once(g_item integer[], g_org uuid[], g_type text[], g_id uuid[], g_kind "char"[], g_scope text[], g_key text[], g_at timestamp with time zone[], g_by bigint[], g_limit bigint[], verdict "char"[])
 RETURNS boolean
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
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
end $function$
-- owner owner; appender:execute
CREATE OR REPLACE FUNCTION public.new_read_generation(wanted integer, names text[])
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
      declare
        number integer;
        schema_name text;
        name text;
        statement text;
      begin
        perform pg_advisory_xact_lock(4243);
        select coalesce(max(generation), 0) + 1 into number from generations where version = wanted;
        schema_name := format('read_v%s_g%s', wanted, number);
        execute format('create schema %I', schema_name);
        execute format('grant usage on schema %I to app, auth, projector', schema_name);
        foreach name in array names loop
          for statement in select value from read_versions v, jsonb_array_elements_text(v.ddl -> name -> 'table') where v.version = wanted loop
            execute replace(statement, '{schema}', quote_ident(schema_name));
          end loop;
          if not found then raise exception 'no read model % in version %', name, wanted; end if;
          insert into generations (version, projection, generation, schema, status) values (wanted, name, number, schema_name, 'building');
        end loop;
        return schema_name;
      end $function$
-- owner owner; projector:execute
CREATE OR REPLACE FUNCTION read_v1_g1.find_leads(wanted text, tags_any text[] DEFAULT NULL::text[], tags_all text[] DEFAULT NULL::text[], at_most integer DEFAULT 10000)
 RETURNS SETOF text
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
       declare
         organization uuid := nullif(current_setting('app.org', true), '')::uuid;
       begin
         if tags_any is null and tags_all is null then
           return query select s.key from read_v1_g1.search s where s.organization_id = organization and s.text like '%' || replace(replace(replace(wanted, '\', '\\'), '%', '\%'), '_', '\_') || '%' limit at_most;
         else
           return query select t.key from read_v1_g1.lead_tags t
             where t.organization_id = organization and t.tags @> coalesce(tags_all, '{}') and (tags_any is null or t.tags && tags_any)
               and (wanted is null or exists (
                 select 1 from read_v1_g1.search s where s.organization_id = organization and s.key = t.key and s.text like '%' || replace(replace(replace(wanted, '\', '\\'), '%', '\%'), '_', '\_') || '%'))
             limit at_most;
         end if;
       end $function$
-- owner owner; app:execute

-- Triggers

