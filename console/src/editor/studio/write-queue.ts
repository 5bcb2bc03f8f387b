type Write = () => Promise<void>;

/** Writes one after the other, so that none overtakes an earlier one on another connection. One that fails is nobody's concern. */
export class WriteQueue {
  private readonly waiting: Write[] = [];
  private isBusy = false;

  /** The first one begins before this returns. */
  add(write: Write): void {
    this.waiting.push(write);
    if (!this.isBusy) void this.work();
  }

  /** Begin all that wait: the page goes away, and what has not begun by then never will. */
  hurry(): void {
    while (this.waiting.length > 0) void this.next();
  }

  private async work(): Promise<void> {
    this.isBusy = true;
    while (this.waiting.length > 0) await this.next();
    this.isBusy = false;
  }

  private async next(): Promise<void> {
    await this.waiting.shift()?.().catch(() => undefined);
  }
}
