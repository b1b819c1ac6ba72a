import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { breachesOf, importsOf, sources } from './import-rules.ts';

const rules = suite('import rules');

rules('hold in every file of the project', async () => {
  const files = await sources(join(import.meta.dirname, '..'));
  assert.ok(files.length > 50, 'found the sources');
  assert.equal(files.flatMap(breachesOf), []);
});

rules('see every way to import', () => {
  const text = [
    "import { a } from './a.ts';",
    "import type { B } from './b.ts';",
    "import './c.ts';",
    "export { d } from './d.ts';",
    "export * from './e.ts';",
    "const f = await import('./f.ts');",
    "let g: typeof import('./g.ts');",
    'import {',
    '  h,',
    '  type I,',
    "} from './h.ts';",
    "// import { no } from './comment.ts';",
  ].join('\n');
  assert.equal(
    importsOf(text).map(({ specifier, typeOnly }) => `${specifier}${typeOnly ? ' type' : ''}`),
    ['./a.ts', './b.ts type', './c.ts', './d.ts', './e.ts', './h.ts', './f.ts', './g.ts type'],
  );
});

const broken: [path: string, text: string, says: RegExp][] = [
  ['domain/leads/lead.ts', "import { pool } from '../../server/store/connections.ts';", /domain may not import server/],
  ['domain/leads/lead.ts', "import { randomUUID } from 'node:crypto';", /may not import the package node:crypto/],
  ['domain/leads/lead.ts', "import { parse } from 'libphonenumber-js';", /libphonenumber-js/],
  ['projections/leads/board.ts', "import { hub } from '../../server/live/hub.ts';", /projections may not import server/],
  ['projections/leads/board.ts', "import { Hono } from 'hono';", /package hono/],
  ['client/leads/board.ts', "import { boardRow } from '../../projections/leads/rows.ts';", /client may not import projections/],
  ['client/leads/board.ts', "import type { Pool } from '../../server/store/connections.ts';", /client may not import server/],
  ['server/http/edge.ts', "import { board } from '../../client/leads/board.ts';", /server may not import client/],
  ['server/http/edge.ts', "import { x } from './problem';", /lacks its ending/],
  ['server/http/utils.ts', '', /says nothing/],
  ['server/http/edge.ts', 'const port = process.env.PORT;', /only server\/environment.ts/],
  ['server/http/edge.ts', 'const port = value as any;', /"any"/],
  ['server/http/edge.ts', '\n'.repeat(401), /401 lines/],
];
for (const [path, text, says] of broken) {
  rules(`refuse ${says.source} in ${path}`, () => {
    assert.match(breachesOf({ path, text }).join('\n'), says);
  });
}

rules('allow what the layers are for', () => {
  const allowed: [string, string][] = [
    ['domain/kernel/phone.ts', "import { parse } from 'libphonenumber-js/min';"],
    [
      'projections/leads/board.ts',
      "import { leads } from '../../domain/catalogue.ts';\nimport type { ChangeFeed } from '../../server/live/feed.ts';",
    ],
    ['client/leads/board.ts', "import type { BoardRow } from '../../projections/leads/rows.ts';\nimport { html } from 'lit';"],
    ['server/http/edge.ts', "import { Hono } from 'hono';\nimport { aggregates } from '../../domain/catalogue.ts';"],
  ];
  for (const [path, text] of allowed) assert.equal(breachesOf({ path, text }), []);
});

rules.run();
