import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createLog, withRequestId } from './log.ts';

const logging = suite('the log');

function capture(): { lines: Record<string, unknown>[]; log: ReturnType<typeof createLog> } {
  const lines: Record<string, unknown>[] = [];
  return { lines, log: createLog('info', { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) }) };
}

logging('writes one JSON object a line, with level and instant by name', () => {
  const { lines, log } = capture();
  log.info({ port: 3000 }, 'listening');
  log.debug('not written');
  assert.is(lines.length, 1);
  assert.is(lines[0]?.level, 'info');
  assert.is(lines[0]?.msg, 'listening');
  assert.match(String(lines[0]?.time), /^\d{4}-\d\d-\d\dT.*Z$/);
});

logging('carries the id of the request through everything it awaits', async () => {
  const { lines, log } = capture();
  await Promise.all(
    ['a', 'b'].map((id) =>
      withRequestId(id, async () => {
        await Promise.resolve();
        log.info(`inside ${id}`);
      }),
    ),
  );
  log.info('outside');
  assert.equal(
    lines.map(({ msg, requestId }) => [msg, requestId]),
    [
      ['inside a', 'a'],
      ['inside b', 'b'],
      ['outside', undefined],
    ],
  );
});

logging('hides secrets and personal data three levels deep', () => {
  const { lines, log } = capture();
  const personal = { firstName: 'Layla', phone: '+971501234567', email: 'layla@example.com' };
  log.warn(
    { password: 'hunter2', headers: { authorization: 'Bearer x', 'set-cookie': 's=1' }, command: { data: personal }, lead: personal },
    'refused',
  );
  const line = JSON.stringify(lines[0]);
  for (const secret of ['hunter2', 'Bearer x', 's=1', 'Layla', '+971501234567', 'layla@example.com']) assert.not.match(line, secret);
  assert.match(line, /\[hidden\]/);
});

logging('says of an error what it is, and nothing of what hangs on it', () => {
  const { lines, log } = capture();
  const error = Object.assign(new Error('gone', { cause: new TypeError('deeper') }), { code: '57P01', client: { password: 'hunter2' } });
  log.error({ err: error }, 'lost');
  const { stack, cause, ...told } = (lines[0]?.err ?? {}) as Record<string, unknown>;
  assert.equal(told, { type: 'Error', message: 'gone', code: '57P01' });
  assert.match(String(stack), /log\.test/);
  assert.match(JSON.stringify(cause), /deeper/);
});

logging.run();
