import { useState } from "react";
import { useTranslation } from "react-i18next";

import { lastEventAt } from "@/execution/recording";
import { Button, StatusIndicator, type StatusIndicatorProps } from "@/ui/cloudscape";
import { count, duration } from "@/ui/format";
import { useKeys } from "@/ui/keys";

import { SPEEDS, type Replay } from "./replay";
import type { ExecutionInView } from "./use-execution";

const LAMPS: Record<ExecutionInView["following"]["lamp"], StatusIndicatorProps.Type> = {
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
  const { following } = execution;
  useKeys({
    j: () => replay.step(-1),
    l: () => replay.step(1),
    k: () => replay.toggle(),
    End: () => replay.live(),
  });
  const replaying = replay.at !== undefined;
  return (
    <div className="sw-replay" data-testid="replay" data-replaying={replaying} role="group" aria-label={t("execution.replay.label")}>
      <span data-testid="lamp" data-lamp={following.lamp} className="sw-nowrap">
        <StatusIndicator type={LAMPS[following.lamp]}>{t(`execution.lamp.${following.lamp}`)}</StatusIndicator>
      </span>
      <Button iconName="angle-left" variant="icon" ariaLabel={t("execution.replay.back")} onClick={() => replay.step(-1)} disabled={replay.at === 0} />
      <Button
        iconName={replay.playing ? "pause" : "play"}
        variant="icon"
        ariaLabel={t(replay.playing ? "execution.replay.pause" : "execution.replay.play")}
        onClick={replay.toggle}
        data-testid="replay-play"
      />
      <Button iconName="angle-right" variant="icon" ariaLabel={t("execution.replay.on")} onClick={() => replay.step(1)} disabled={!replaying} />
      <Slider execution={execution} replay={replay} />
      <select
        className="sw-replay__choice"
        aria-label={t("execution.replay.speed")}
        value={replay.speed}
        onChange={(event) => replay.setSpeed(SPEEDS.find((speed) => String(speed) === event.target.value) ?? 10)}
      >
        {SPEEDS.map((speed) => (
          <option key={speed} value={speed}>
            ×{speed}
          </option>
        ))}
      </select>
      <Button onClick={() => replay.firstError?.()} disabled={!replay.firstError} data-testid="first-error">
        {t("execution.replay.firstError")}
      </Button>
      <Button variant={replaying ? "primary" : "normal"} disabled={!replaying} onClick={replay.live} data-testid="go-live">
        {t(following.lamp === "ended" ? "execution.replay.toEnd" : "execution.replay.live")}
      </Button>
    </div>
  );
}

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
        onChange={(event) => replay.seek(byTime ? lastEventAt(events, startMs + Number(event.target.value)) : Number(event.target.value))}
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
