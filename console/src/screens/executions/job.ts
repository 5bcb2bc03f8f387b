import { create } from "zustand";

import { jobs, type Job } from "@/api/reads";

const EACH_MS = 500;

/** Jobs that were begun here, by id; those that ended stay until they are dismissed. */
export const useJobs = create<{ jobs: Readonly<Record<string, Job>> }>(() => ({ jobs: {} }));

function put(job: Job): void {
  useJobs.setState(({ jobs: known }) => ({ jobs: { ...known, [job.id]: job } }));
}

/** Show a job, and how far it is until it has ended. */
export function followJob(job: Job): void {
  put(job);
  const look = async () => {
    if (!(job.id in useJobs.getState().jobs)) return;
    const now = await jobs.get(job.id).catch(() => null);
    if (now) put(now);
    if (!now || now.state === "running") setTimeout(look, EACH_MS);
  };
  setTimeout(look, EACH_MS);
}

export function dismissJob(id: string): void {
  useJobs.setState(({ jobs: known }) => ({ jobs: Object.fromEntries(Object.entries(known).filter(([key]) => key !== id)) }));
}

export async function cancelJob(id: string): Promise<void> {
  put(await jobs.cancel(id));
}
