import { type DestinationStream, destination } from 'pino';

/** One answered request. Nothing personal: routes are templates, people are ids. */
export interface AccessLine {
  requestId: string;
  method: string;
  /** Template, `/api/leads/{id}/tag`; `unmatched` for what no route took. */
  route: string;
  status: number;
  /** Of a refusal. */
  code?: string;
  ms: number;
  organizationId?: string;
  userId?: string;
}

export type AccessLog = (line: AccessLine) => void;

/** Lines of thousands of requests a second are gathered and written together; the last ones follow within a second. */
const gatheredLength = 32 * 1024;
/** Where nobody takes the lines away, so many bytes are held and the rest is dropped: a log must not end the server. */
const heldBytes = 16 * 1024 * 1024;

/** Where access lines go by default: standard error, beside the log's own. */
export function standardError(): DestinationStream {
  return destination({ fd: 2, sync: false, maxLength: heldBytes });
}

/**
 * The access log: a JSON line a request, in the shape of every other line of the log. Written by hand, because there is
 * nothing in it to redact and it is written for each request: the log's own way took a tenth of the server's time. `gatherMs` is the
 * longest a line waits; 0 writes each at once.
 */
export function createAccessLog(out: DestinationStream, gatherMs = 1000): AccessLog {
  let gathered = '';
  let timer: NodeJS.Timeout | null = null;
  const flush = () => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    const lines = gathered;
    gathered = '';
    if (lines !== '') out.write(lines);
  };
  return ({ requestId, method, route, status, code, ms, organizationId, userId }) => {
    const refusal = code === undefined ? '' : `,"code":"${code}"`;
    const who = organizationId === undefined ? '' : `,"organizationId":"${organizationId}","userId":"${userId}"`;
    gathered += `{"level":"info","time":"${new Date().toISOString()}","requestId":"${requestId}","method":${JSON.stringify(method)},"route":"${route}","status":${status}${refusal},"ms":${ms}${who},"msg":"request"}\n`;
    if (gatherMs === 0 || gathered.length >= gatheredLength) flush();
    else timer ??= setTimeout(flush, gatherMs);
  };
}
