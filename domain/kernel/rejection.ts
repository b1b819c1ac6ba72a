/** One place in the input that is wrong; `path` is dotted (`customFields.city`). */
export interface FieldError {
  path: string;
  message: string;
}

/**
 * A command that the rules refuse. Carries everything the edge needs to answer with a problem document
 * (RFC 9457): the stable `code`, the HTTP `status`, a `detail` a person can act on, and extra members such as
 * `existing` or `winner`.
 */
export class Rejection extends Error {
  readonly code: string;
  readonly status: number;
  readonly extra: Record<string, unknown>;
  readonly errors: FieldError[];

  constructor(status: number, code: string, detail: string, extra: Record<string, unknown> = {}, errors: FieldError[] = []) {
    super(detail);
    this.name = 'Rejection';
    this.status = status;
    this.code = code;
    this.extra = extra;
    this.errors = errors;
  }
}
