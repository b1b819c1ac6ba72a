/**
 * Answers many single questions with few queries: whatever is asked while a query is under way makes up the next one.
 * No timer, so a lone question waits for nobody.
 */
export class Gather<Question, Answer> {
  readonly #ask: (questions: Question[]) => Promise<Answer[]>;
  readonly #most: number;
  #waiting: { question: Question; resolve: (answer: Answer) => void; reject: (error: unknown) => void }[] = [];
  #underWay = false;

  /** `ask` answers in the order of the questions, at most `most` of them at once. */
  constructor(most: number, ask: (questions: Question[]) => Promise<Answer[]>) {
    this.#ask = ask;
    this.#most = most;
  }

  answer(question: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ question, resolve, reject });
      if (!this.#underWay) {
        this.#underWay = true;
        setImmediate(() => void this.#drain());
      }
    });
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.#most);
      try {
        const answers = await this.#ask(batch.map((each) => each.question));
        for (const [i, each] of batch.entries()) each.resolve(answers[i] as Answer);
      } catch (error) {
        for (const each of batch) each.reject(error);
      }
    }
    this.#underWay = false;
  }
}
