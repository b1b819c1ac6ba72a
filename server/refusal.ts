/**
 * A reason not to start (a busy port, a database that does not answer, a wrong key) which the person at the keyboard
 * can act on. The composition root prints its message as one line and ends with code 1, without a stack.
 */
export class Refusal extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'Refusal';
  }
}
