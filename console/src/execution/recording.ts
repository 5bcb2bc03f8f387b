import { apply, emptyModel, fork, type HistoryEvent, type Model } from "./reducer";

export const CHECKPOINT_EVENTS = 500;
/** Types of events that tell of something that went wrong. */
export const BAD = /(Failed|TimedOut|Aborted)$/;

/**
 * What is known of an execution: the picture now, the events from the first one on, and pictures each 500 events so that the
 * one after any event is 500 steps away at most.
 *
 * The picture now may be ahead of the events: a long execution opens with the server's picture, and its events follow.
 */
export class Recording {
  /** The picture after the last event that was told. */
  live: Model = emptyModel();
  /** Events without a gap, from the first: event `n` is at index `n - 1`. */
  readonly events: HistoryEvent[] = [];
  /** The first event that tells of something that went wrong, as far as they are here. */
  wrong: HistoryEvent | undefined;

  private ahead = new Map<number, HistoryEvent>();
  private readonly checkpoints: Model[] = [emptyModel()];
  private walked: Model = emptyModel();
  private sought: Model | null = null;

  /** Begin with a picture of the server's, or go on with a later one. */
  begin(model: Model): void {
    if (model.last >= this.live.last) this.live = fork(model);
  }

  /** Take in events, in order. Those that were known already are passed over. */
  add(events: readonly HistoryEvent[]): void {
    for (const event of events) {
      if (event.id === this.live.last + 1) apply(this.live, event);
      if (event.id > this.events.length) this.ahead.set(event.id, event);
    }
    this.walk();
  }

  /** Whether every event up to the picture now is here. */
  get isWhole(): boolean {
    return this.events.length >= this.live.last;
  }

  /** The picture after event `last`, or `null` while its events are not here. It is the reader's to look at, not to change. */
  at(last: number): Model | null {
    if (last >= this.live.last) return this.live;
    if (last > this.events.length) return null;
    const checkpoint = this.checkpoints[Math.floor(last / CHECKPOINT_EVENTS)];
    if (!checkpoint) return null;
    const near = this.sought && this.sought.last <= last && this.sought.last >= checkpoint.last ? this.sought : checkpoint;
    const model = fork(near);
    for (let id = near.last + 1; id <= last; id += 1) apply(model, this.events[id - 1] as HistoryEvent);
    this.sought = model;
    return model;
  }

  private walk(): void {
    for (;;) {
      const event = this.ahead.get(this.events.length + 1);
      if (!event) return;
      this.ahead.delete(event.id);
      this.events.push(event);
      if (BAD.test(event.type)) this.wrong ??= event;
      apply(this.walked, event);
      if (event.id % CHECKPOINT_EVENTS === 0) this.checkpoints.push(fork(this.walked));
    }
  }
}

/** The id of the last event not later than a moment; 0 if there is none. */
export function lastEventAt(events: readonly HistoryEvent[], ms: number): number {
  return countWhile(events, (event) => event.atMs <= ms);
}

/** How many rows something holds of, where it holds of the first ones and of no later one. */
export function countWhile<Row>(rows: readonly Row[], holds: (row: Row) => boolean): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(rows[middle] as Row)) low = middle + 1;
    else high = middle;
  }
  return low;
}
