import { ApiFailure } from "../api/failure";
import { executionPath, read, readAddress } from "../api/reads";
import { takeStream } from "../api/slots";
import { Recording } from "./recording";
import type { HistoryEvent, Model, Phase } from "./reducer";

export type Lamp = "connecting" | "live" | "reconnecting" | "polling" | "ended";

/** What a visit waits for now, and until when if that is known. */
export interface Wait {
  phase: Phase;
  untilMs: number | null;
}

const PAGE_EVENTS = 1_000;
const AGAIN_MS = 1_000;
const HOLDING_MS = 30_000;
const POLL_MS = 2_000;
/** A stream that is to be had is had sooner. */
const QUEUED_MS = 250;

interface EventPage {
  events: HistoryEvent[];
  lastEventId: number;
}

const TOO_MANY = 429;

function isFinal(failure: unknown): boolean {
  return failure instanceof ApiFailure && failure.status < 500 && failure.status !== TOO_MANY;
}

/** Follows one execution as long as it is looked at: by its stream while that can be had and held, else by asking each 2 s. */
export class Following {
  readonly recording = new Recording();
  lamp: Lamp = "connecting";
  waits: Readonly<Record<string, Wait>> = {};
  /** Why nothing is shown: set while not even a picture could be had. */
  failure: unknown = null;

  private source: EventSource | undefined;
  private turn = new AbortController();
  private isOurTurn = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private lostMs: number | null = null;
  private stopped = false;
  private loading = false;
  /** Whether a picture was told: it says what no event does, until when visits wait, and at once what a thousand events would. */
  private hasPicture = false;
  /** The last event of which a page has told that it is there. */
  private spokenOf = 0;
  private frame = 0;
  private hasTold = false;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly arn: string) {}

  /** Calls back at most once an animation frame after something has changed, the first time at once. Answers how to stop. */
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  start(): void {
    this.stopped = false;
    this.turn = new AbortController();
    void this.load(); // while a stream is still being opened
    this.timer = setTimeout(() => void this.again(), QUEUED_MS);
    void takeStream(this.turn.signal).then(() => {
      clearTimeout(this.timer);
      this.isOurTurn = true;
      this.open();
    });
  }

  stop(): void {
    this.stopped = true;
    this.leave();
    clearTimeout(this.timer);
    cancelAnimationFrame(this.frame);
    this.frame = 0;
  }

  /** What had ended goes on: it was redriven. */
  resume(): void {
    this.stop();
    this.lamp = "connecting";
    this.start();
  }

  /** What had ended may have been redriven by somebody else. */
  async look(): Promise<void> {
    if (this.lamp !== "ended" || this.failure) return;
    await this.catchUp().catch(() => undefined); // silence is no news
    if (this.recording.live.status === "RUNNING") this.resume();
    else this.tell();
  }

  private tell(): void {
    if (this.hasTold) this.frame ||= requestAnimationFrame(() => this.callBack());
    else this.callBack();
  }

  private callBack(): void {
    this.frame = 0;
    this.hasTold = true;
    for (const listener of this.listeners) listener();
  }

  /** Let others have the stream. */
  private leave(): void {
    this.source?.close();
    this.turn.abort();
    this.isOurTurn = false;
  }

  /** Go on by the stream, or while other tabs have all that there are by asking. */
  private open(): void {
    if (!this.isOurTurn) {
      this.lamp = "polling";
      this.timer = setTimeout(() => void this.again(), POLL_MS);
    } else if (this.source === undefined || this.source.readyState === EventSource.CLOSED) this.stream();
  }

  private stream(): void {
    const { last } = this.recording.live;
    const after = this.hasPicture && last >= this.spokenOf ? last : null;
    const source = new EventSource(readAddress(`${executionPath(this.arn)}/stream`, { after }));
    this.source = source;
    const on = <Data>(name: string, take: (data: Data) => void) =>
      source.addEventListener(name, (event) => {
        this.held();
        take(JSON.parse((event as MessageEvent<string>).data) as Data);
        this.tell();
      });
    source.onopen = () => {
      this.held();
      this.tell();
    };
    on<{ model: Model }>("snapshot", ({ model }) => this.begin(model));
    on<HistoryEvent[]>("h", (events) => this.take(events));
    on<{ waits?: Record<string, Wait> }>("status", ({ waits = {} }) => {
      this.waits = waits;
    });
    on("gap", () => void this.leap());
    on("bye", () => this.end());
    source.onerror = () => this.lost(source);
  }

  private held(): void {
    this.lostMs = null;
    this.failure = null;
    this.lamp = "live";
  }

  private begin(model: Model): void {
    this.recording.begin(model);
    this.hasPicture = true;
    if (!this.recording.isWhole) void this.load();
  }

  private take(events: readonly HistoryEvent[]): void {
    this.recording.add(events);
    if (!this.recording.isWhole) void this.load();
  }

  /** The browser connects again by itself unless the server refused; in both cases it is not live until something comes. */
  private lost(source: EventSource): void {
    if (this.stopped || source !== this.source) return;
    this.lostMs ??= performance.now();
    this.lamp = this.recording.live.last ? "reconnecting" : "connecting";
    this.tell();
    if (performance.now() - this.lostMs > HOLDING_MS) this.lamp = "polling";
    source.close();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.again(), this.lamp === "polling" ? POLL_MS : AGAIN_MS);
  }

  /** Ask for what is new, which also says what is wrong, and then try the stream again. */
  private async again(): Promise<void> {
    try {
      await this.catchUp();
    } catch (failure) {
      if (isFinal(failure)) return this.refuse(failure);
      if (!this.recording.live.last) this.failure = failure;
    }
    if (this.stopped) return;
    const { last, status } = this.recording.live;
    if (!this.isOurTurn && last > 0 && status !== "RUNNING") this.end();
    else this.open();
    this.tell();
  }

  private async catchUp(): Promise<void> {
    let isBehind: boolean;
    do {
      const { events, lastEventId } = await this.page(this.recording.live.last);
      this.failure = null;
      this.take(events);
      isBehind = events.length > 0 && lastEventId > this.recording.live.last;
    } while (isBehind && !this.stopped);
  }

  /** There is no such execution, or it may not be seen: to ask again would get the same answer. */
  private refuse(failure: unknown): void {
    this.leave();
    this.failure = failure;
    this.lamp = "ended";
    this.tell();
  }

  /** Too far behind to be told one by one: take the picture as it is now. */
  private async leap(): Promise<void> {
    this.source?.close();
    const { model } = await read<{ model: Model }>(`${executionPath(this.arn)}/model`);
    if (this.stopped) return;
    this.begin(model);
    this.open();
  }

  private end(): void {
    this.leave();
    this.waits = {};
    this.lamp = "ended";
  }

  private async page(after: number): Promise<EventPage> {
    const page = await read<EventPage>(`${executionPath(this.arn)}/events`, { after, limit: PAGE_EVENTS });
    this.spokenOf = Math.max(this.spokenOf, page.lastEventId);
    return page;
  }

  /** Fetch the events that the picture is ahead of, and once those at the beginning. */
  private async load(): Promise<void> {
    if (this.loading) return;
    this.loading = true;
    try {
      do {
        const { events } = await this.page(this.recording.events.length);
        if (this.stopped || events.length === 0) break;
        this.recording.add(events);
        this.tell();
      } while (this.recording.events.length < Math.max(this.spokenOf, this.recording.live.last));
    } catch {
      if (this.recording.live.last) this.timer = setTimeout(() => void this.load(), AGAIN_MS); // else `again` says what is wrong
    } finally {
      this.loading = false;
    }
  }
}
