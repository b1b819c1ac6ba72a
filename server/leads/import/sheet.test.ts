import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { applyMapFile, guessMapping, type Mapping } from './mapping.ts';
import { profileOf } from './profile.ts';
import { csvCell } from './rejects.ts';
import { readRow } from './row.ts';
import { openSheet, type Sheet } from './sheet.ts';

const test = suite('reading files of leads');
let folder: string;

test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'leadfloor-sheets-'));
});
test.after(() => rm(folder, { recursive: true }));

async function sheetOf(content: string | Uint8Array, name = 'leads.csv'): Promise<Sheet> {
  const path = join(folder, name);
  await writeFile(path, content);
  return openSheet(path);
}

async function rowsOf(sheet: Sheet) {
  const rows = [];
  for await (const row of sheet.rows()) rows.push(row);
  return rows;
}

const dubai = { currency: 'AED', region: 'AE', stages: ['new', 'contacted', 'lost'] };

async function guessed(content: string): Promise<Record<string, string>> {
  const profile = await profileOf(await sheetOf(content));
  return shown(
    guessMapping(profile, dubai),
    profile.columns.map(({ heading }) => heading),
  );
}

function shown(mapping: Mapping, headings: string[]): Record<string, string> {
  return Object.fromEntries(
    headings.map((heading, index) => {
      const target = mapping[index];
      return [heading, !target ? 'none' : 'field' in target ? target.field : `custom ${target.type}`];
    }),
  );
}

for (const [delimiter, name] of [
  [',', 'commas'],
  [';', 'semicolons'],
  ['\t', 'tabs'],
  ['|', 'bars'],
] as const) {
  test(`finds ${name} between the columns, quotes and line ends inside cells`, async () => {
    const sheet = await sheetOf([`Name${delimiter}Notes`, `Ann${delimiter}"a${delimiter}b\nc"`, `Bo${delimiter}x`].join('\r\n'));
    assert.equal(sheet.headings, ['Name', 'Notes']);
    assert.equal(await rowsOf(sheet), [
      { line: 3, cells: ['Ann', `a${delimiter}b\nc`] },
      { line: 4, cells: ['Bo', 'x'] },
    ]);
  });
}

test('reads UTF-8 with and without its mark, UTF-16, and the code pages of Windows', async () => {
  const text = 'Name,City\nرنا,دبي\nZoë,Málaga\n';
  const utf16 = new Uint8Array([0xff, 0xfe, ...Buffer.from(text, 'utf16le')]);
  for (const content of [text, `\ufeff${text}`, utf16]) {
    const sheet = await sheetOf(content);
    assert.equal(sheet.headings, ['Name', 'City']);
    assert.equal(
      (await rowsOf(sheet)).map(({ cells }) => cells),
      [
        ['رنا', 'دبي'],
        ['Zoë', 'Málaga'],
      ],
    );
  }
  const latin = await sheetOf(Buffer.from('Name\nZoë\n', 'latin1'));
  assert.equal((await rowsOf(latin))[0]?.cells, ['Zoë']);
  const arabic = await sheetOf(new Uint8Array([...Buffer.from('N\n'), 0xd1, 0xe4, 0xc7, 0x0a]));
  assert.equal((await rowsOf(arabic))[0]?.cells, ['رنا']);
});

test('words that say nothing are empty; marked formulas are text; headings are made distinct', async () => {
  const sheet = await sheetOf("a,a,\nSelect,N/A,-\n'=1+1,null,x\n");
  assert.equal(sheet.headings, ['a', 'a (2)', 'Column 3']);
  assert.equal(
    (await rowsOf(sheet)).map(({ cells }) => cells),
    [
      [null, null, null],
      ['=1+1', null, 'x'],
    ],
  );
});

test('says in one line what cannot be read', async () => {
  for (const [content, reason] of [
    ['', /is empty/],
    [new Uint8Array([0xd0, 0xcf, 0x11, 0xe0, 1, 2]), /old \.xls/],
    [new Uint8Array([1, 0, 2, 0, 3, 0, 0, 0]), /neither a CSV/],
    ['PK\u0003\u0004 not a zip', /no spreadsheet/],
  ] as const) {
    await sheetOf(content).then(
      () => assert.unreachable(String(reason)),
      (error: Error) => assert.match(error.message, reason),
    );
  }
});

test('guesses fields by heading where the content agrees', async () => {
  assert.equal(
    await guessed(
      [
        'Lead ID,Full Name,Mobile No.,E-mail,Budget,Status,Converted,Age,Opted in,Remarks',
        '7,Ann Lee,050 123 4567,ann@example.com,1.2M,new,1,30,yes,x',
        '8,Bo Ray,050 123 4568,bo@example.com,900k,lost,0,31,no,y',
      ].join('\n'),
    ),
    {
      'Lead ID': 'externalId',
      'Full Name': 'name',
      'Mobile No.': 'phone',
      'E-mail': 'email',
      Budget: 'budgetMax',
      Status: 'status',
      Converted: 'custom number',
      Age: 'custom number',
      'Opted in': 'custom boolean',
      Remarks: 'notes',
    },
  );
});

test('a heading whose content says otherwise becomes a custom field', async () => {
  assert.equal(await guessed('ID,Email,Status,Phone\n1,later,won big,ask\n1,later,gone,ask\n'), {
    ID: 'custom number',
    Email: 'custom text',
    Status: 'custom text',
    Phone: 'custom text',
  });
});

test('finds e-mail addresses and unique ids under any heading', async () => {
  const ids = ['7927b2df-8bba-4d29-b9a2-b6e0beafe620', '2a272436-5132-4136-86fa-dcc88c88f482'];
  assert.equal(await guessed(`Key thing,Reach\n${ids[0]},a@b.co\n${ids[1]},c@d.co\n`), { 'Key thing': 'externalId', Reach: 'email' });
});

test('a map file decides, and frees the field it takes', async () => {
  const profile = await profileOf(await sheetOf('Name,Other,City\nAnn,Bo,x\n'));
  const headings = profile.columns.map(({ heading }) => heading);
  const guess = guessMapping(profile, dubai);
  const apply = (map: unknown) => shown(applyMapFile(guess, JSON.stringify(map), profile), headings);
  assert.equal(apply({ Other: 'name', City: null }), { Name: 'custom text', Other: 'name', City: 'none' });
  assert.equal(apply({ city: { custom: 'town', type: 'list' } }), { Name: 'name', Other: 'custom text', City: 'custom list' });
  for (const [map, reason] of [
    [{ Nope: 'name' }, /does not have/],
    [{ Name: 'shoeSize' }, /map is wrong/],
    [{ Name: 'name', Other: 'name' }, /both/],
  ] as const) {
    assert.throws(() => apply(map), reason);
  }
  assert.throws(() => applyMapFile(guess, '{', profile), /not JSON/);
});

test('reads cells by their field: amounts, ranges, days, lists, typed custom fields', () => {
  const mapping: Mapping = [
    { field: 'budgetMax' },
    { field: 'expectedCloseDate' },
    { field: 'tags' },
    { custom: 'score', type: 'number' },
    { custom: 'vip', type: 'boolean' },
    null,
  ];
  const { data, problems } = readRow(['500k - 1.2M', '21/11/2026', 'a; b', '7.5', 'Yes', 'secret'], mapping, dubai);
  assert.equal(problems, []);
  assert.equal(data, {
    budgetMin: 50000000,
    budgetMax: 120000000,
    expectedCloseDate: '2026-11-21',
    tags: ['a', 'b'],
    customFields: { score: 7.5, vip: true },
  });
  assert.is(readRow([1500], [{ field: 'value' }], dubai).data.value, 150000);
  assert.is(readRow(['3/4/2026'], [{ field: 'expectedCloseDate' }], { ...dubai, region: 'US' }).data.expectedCloseDate, '2026-03-04');
  assert.equal(readRow(['lots', null, null, 'x', null, null], mapping, dubai).problems, [
    'budgetMax: "lots" is no amount',
    'score: "x" is no number',
  ]);
});

test('rejects hold nothing that a spreadsheet would run', () => {
  assert.is(csvCell('=cmd()'), "'=cmd()");
  assert.is(csvCell('+971 50'), "'+971 50");
  assert.is(csvCell('say "hi", you'), '"say ""hi"", you"');
  assert.is(csvCell(-5), '-5');
  assert.is(csvCell(null), '');
});

test.run();
