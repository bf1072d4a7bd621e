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

export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/* A page's call, then, timed, a signature on a connection of its own. */
async function timeSignature(daemon) {
    const page = await daemon.openPage();
    try {
        await page.call('GPKI_GetSlotCount');
        await daemon.quiet();
        page.close();
        const start = performance.now();
        const signature = await page.call('GPKI_SignData', daemon.pin, 'x', '', 0, 4);
        const ms = performance.now() - start;
        await page.ask('ServiSignRelease');
        if (signature.length < 100) {
            throw new Error('no signature');
        }
        return ms;
    } finally {
        page.close();
    }
}

/* Signs over and over for so long, at least once; resolves with the milliseconds of each, and with
 * how many failed, and why. */
export async function timeSignatures(daemon, seconds) {
    const times = [];
    const failures = [];
    const end = Date.now() + seconds * 1000;
    do {
        try {
            times.push(await timeSignature(daemon));
        } catch (error) {
            failures.push(error.message);
        }
    } while (Date.now() < end);
    return { times, failures };
}
