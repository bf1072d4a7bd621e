/* What hufud costs: memory, files, processes, and how long a signature takes. */
import { readFileSync, readdirSync } from 'node:fs';

import { childrenOf } from '../lib/daemon.mjs';

export function kibOf(pid) {
    return Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+) kB/)[1]);
}

export const filesOf = (pid) => readdirSync(`/proc/${pid}/fd`).length;

/* Everything below hufud, itself included. */
export function treeOf(pid) {
    return [pid, ...childrenOf(pid).flatMap(treeOf)];
}

export const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/* Signs over and over for so long, at least once, each time on a new connection; resolves with the
 * milliseconds of each. A connection that is refused counts as a failure. */
export async function timeSignatures(daemon, seconds) {
    const times = [];
    let failures = 0;
    for (const end = Date.now() + seconds * 1000; times.length === 0 || Date.now() < end;) {
        const start = performance.now();
        const page = await daemon.openPage().catch(() => undefined);
        const signature = await page?.call('GPKI_SignData', daemon.pin, 'x', '', 0, 4)
            .catch(() => '');
        if (signature?.length > 100) {
            times.push(performance.now() - start);
        } else {
            failures += 1;
        }
        await page?.ask('ServiSignRelease').catch(() => {});
        page?.close();
        if (failures > 100 && times.length === 0) {
            break;
        }
    }
    return { times, failures };
}
