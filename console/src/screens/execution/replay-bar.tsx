import { memo, useState } from "react";
import { useTranslation } from "react-i18next";

import type { Lamp } from "@/execution/following";
import { lastEventAt } from "@/execution/recording";
import { Button, StatusIndicator, type StatusIndicatorProps } from "@/ui/cloudscape";
import { count, duration } from "@/ui/format";
import { useKeys } from "@/ui/keys";

import { SPEEDS, type Replay, type ReplayActions } from "./replay";
import type { ExecutionInView } from "./use-execution";

const LAMPS: Record<Lamp, StatusIndicatorProps.Type> = {
  connecting: "pending",
  live: "success",
  reconnecting: "warning",
  polling: "warning",
  ended: "stopped",
};

interface BarProps {
  execution: ExecutionInView;
  replay: Replay;
}

/** The lamp, and the slider that leads to any moment of the execution. */
export function ReplayBar({ execution, replay }: BarProps) {
  const { t } = useTranslation();
  const { lamp } = execution.following;
  const { act, speed } = replay;
  useKeys({
    j: () => act.step(-1),
    l: () => act.step(1),
    k: () => act.toggle(),
    End: () => act.live(),
  });
  const replaying = replay.at !== undefined;
  return (
    <div className="sw-replay" data-testid="replay" data-replaying={replaying} role="group" aria-label={t("execution.replay.label")}>
      <LampLight lamp={lamp} />
      <Steps atStart={replay.at === 0} replaying={replaying} playing={replay.playing} act={act} />
      <Slider execution={execution} replay={replay} />
      <select
        className="sw-replay__choice"
        aria-label={t("execution.replay.speed")}
        value={speed}
        onChange={(event) => act.setSpeed(SPEEDS.find((one) => String(one) === event.target.value) ?? 10)}
      >
        {SPEEDS.map((one) => (
          <option key={one} value={one}>
            ×{one}
          </option>
        ))}
      </select>
      <Leaps hasError={replay.hasError} replaying={replaying} hasEnded={lamp === "ended"} act={act} />
    </div>
  );
}

const LampLight = memo(function LampLight({ lamp }: { lamp: Lamp }) {
  const { t } = useTranslation();
  return (
    <span data-testid="lamp" data-lamp={lamp} className="sw-nowrap">
      <StatusIndicator type={LAMPS[lamp]}>{t(`execution.lamp.${lamp}`)}</StatusIndicator>
    </span>
  );
});

interface StepsProps {
  atStart: boolean;
  replaying: boolean;
  playing: boolean;
  act: ReplayActions;
}

/** One event back, on by itself, one event on. */
const Steps = memo(function Steps({ atStart, replaying, playing, act }: StepsProps) {
  const { t } = useTranslation();
  return (
    <>
      <Button iconName="angle-left" variant="icon" ariaLabel={t("execution.replay.back")} onClick={() => act.step(-1)} disabled={atStart} />
      <Button
        iconName={playing ? "pause" : "play"}
        variant="icon"
        ariaLabel={t(playing ? "execution.replay.pause" : "execution.replay.play")}
        onClick={act.toggle}
        data-testid="replay-play"
      />
      <Button iconName="angle-right" variant="icon" ariaLabel={t("execution.replay.on")} onClick={() => act.step(1)} disabled={!replaying} />
    </>
  );
});

interface LeapsProps {
  hasError: boolean;
  replaying: boolean;
  hasEnded: boolean;
  act: ReplayActions;
}

/** To the first error, and to now. */
const Leaps = memo(function Leaps({ hasError, replaying, hasEnded, act }: LeapsProps) {
  const { t } = useTranslation();
  return (
    <>
      <Button onClick={act.firstError} disabled={!hasError} data-testid="first-error">
        {t("execution.replay.firstError")}
      </Button>
      <Button variant={replaying ? "primary" : "normal"} disabled={!replaying} onClick={act.live} data-testid="go-live">
        {t(hasEnded ? "execution.replay.toEnd" : "execution.replay.live")}
      </Button>
    </>
  );
});

/** By event, or by time: then a second is as long as any other. */
function Slider({ execution, replay }: BarProps) {
  const { t } = useTranslation();
  const [byTime, setByTime] = useState(false);
  const { recording } = execution.following;
  const { events, live } = recording;
  const at = replay.at ?? replay.last;
  const startMs = events[0]?.atMs ?? live.startedMs;
  const passed = Math.max(0, (events[at - 1]?.atMs ?? live.atMs) - startMs);
  const whole = Math.max(1, live.atMs - startMs);
  const said = t("execution.replay.position", { at: count(at), last: count(replay.last), passed: duration(passed) });
  return (
    <>
      <input
        className="sw-replay__slider"
        type="range"
        min={0}
        max={byTime ? whole : replay.last}
        value={byTime ? passed : at}
        aria-label={t("execution.replay.slider")}
        aria-valuetext={said}
        data-testid="replay-slider"
        onChange={(event) => replay.act.seek(byTime ? lastEventAt(events, startMs + Number(event.target.value)) : Number(event.target.value))}
      />
      <span className="sw-number sw-nowrap sw-muted" data-testid="replay-position">
        {said}
      </span>
      <select className="sw-replay__choice" aria-label={t("execution.replay.scale")} value={byTime ? "time" : "event"} onChange={(event) => setByTime(event.target.value === "time")}>
        <option value="event">{t("execution.replay.byEvent")}</option>
        <option value="time">{t("execution.replay.byTime")}</option>
      </select>
    </>
  );
}
