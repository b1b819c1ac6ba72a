import { z } from 'zod';
import { defineCommand } from '../../kernel/aggregate.ts';
import { Rejection } from '../../kernel/rejection.ts';
import { block, line, oneOf } from '../../kernel/text.ts';
import type { LeadEvent, LeadState } from './facts.ts';
import { requireLive } from './rules.ts';

const maxTags = 50;
const tagData = z.strictObject({ tag: line(50).min(1).meta({ example: 'vip' }) });

export const tag = defineCommand<LeadState, z.infer<typeof tagData>, LeadEvent>({
  name: 'lead.tag',
  summary: 'Put a tag on the lead',
  data: tagData,
  codes: { 'lead.too-many-tags': { status: 422, title: `A lead wears at most ${maxTags} tags` } },
  decide(state, data, context) {
    requireLive(state);
    if (oneOf(state.tags, data.tag) !== undefined) return { events: [] };
    if (state.tags.length >= maxTags) throw new Rejection(422, 'lead.too-many-tags', `A lead wears at most ${maxTags} tags.`);
    return { events: [{ type: 'lead.tagged', data: { tag: data.tag, at: context.now } }] };
  },
});

export const untag = defineCommand<LeadState, z.infer<typeof tagData>, LeadEvent>({
  name: 'lead.untag',
  summary: 'Take a tag off the lead',
  data: tagData,
  codes: {},
  decide(state, data, context) {
    requireLive(state);
    const worn = oneOf(state.tags, data.tag);
    return { events: worn === undefined ? [] : [{ type: 'lead.untagged', data: { tag: worn, at: context.now } }] };
  },
});

const noteData = z.strictObject({ text: block(10000).min(1) });

export const note = defineCommand<LeadState, z.infer<typeof noteData>, LeadEvent>({
  name: 'lead.note',
  summary: 'Write a note about the lead',
  data: noteData,
  codes: {},
  decide(state, data, context) {
    requireLive(state);
    const noteId = context.newId();
    return {
      events: [{ type: 'lead.noted', data: { noteId, text: data.text, agentId: state.agentId, at: context.now } }],
      answer: { noteId },
    };
  },
});
