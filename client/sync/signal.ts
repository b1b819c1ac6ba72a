/** A list of listeners for one kind of news. Listeners may leave while they are being told. */
export class Signal<News> {
  private readonly listeners = new Set<(news: News) => void>();

  /** Answers a function that stops listening. */
  on(listener: (news: News) => void): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  tell(news: News): void {
    for (const listener of [...this.listeners]) listener(news);
  }
}
