/* See the file soak. */
import { parseArgs } from 'node:util';
import { join } from 'node:path';

import { isAlive, startDaemon, until } from '../lib/daemon.mjs';
import { programs } from '../lib/sandbox.mjs';
import { filesOf, kibOf, median, timeSignatures, treeOf } from './load.mjs';
import { startSlowClients } from './slow.mjs';

const { values, positionals } = parseArgs({ allowPositionals: true, options: {
    clients: { type: 'string', default: '500' },
    valgrind: { type: 'boolean', default: false },
} });
const seconds = Number(positionals[0]) * 60;
const kibMax = 64 * 1024;
const slowest = 2;
const valgrind = ['valgrind', '--quiet', '--error-exitcode=99', '--leak-check=full',
    '--show-leak-kinds=definite', '--errors-for-leak-kinds=definite', '--trace-children=no'];

const problems = [];
const check = (good, what) => {
    console.log(`${good ? 'ok' : 'not ok'} - ${what}`);
    if (!good) {
        problems.push(what);
    }
};

const daemon = await startDaemon({ more: ['--no-daemon'] });
try {
    const [command, ...options] = values.valgrind ? [...valgrind, join(programs, 'hufud')]
        : [join(programs, 'hufud')];
    const hufud = await daemon.startAndWait({ command, options });
    const { pid } = hufud;
    await until('a spare', () => daemon.workers.length === 1);
    await timeSignatures(daemon, 2); /* caches are warm from here on */
    const calm = await timeSignatures(daemon, Math.min(30, seconds / 4));
    await until('rest', () => daemon.workers.length === 1);
    const before = { files: filesOf(pid), kib: kibOf(pid), processes: treeOf(pid).length };

    const slow = await startSlowClients(daemon.port, Number(values.clients));
    let [peakKib, peakFiles] = [0, 0];
    const watch = setInterval(() => {
        for (const one of treeOf(pid)) {
            try {
                peakKib = Math.max(peakKib, kibOf(one));
            } catch { /* it has just ended */ }
        }
        peakFiles = Math.max(peakFiles, filesOf(pid));
    }, 500);
    const busy = await timeSignatures(daemon, seconds);
    clearInterval(watch);
    await slow.end();

    const ratio = median(busy.times) / median(calm.times);
    check(busy.times.length > 0 && busy.failures.length === 0,
        `${busy.times.length} signatures, ${busy.failures.length} failed`);
    console.log([...new Set(busy.failures)].join('\n'));
    console.log(`median before ${median(calm.times).toFixed(1)} ms, `
        + `during ${median(busy.times)?.toFixed(1)} ms`);
    if (!values.valgrind) {
        check(ratio < slowest, `ratio ${ratio.toFixed(2)} is below ${slowest}`);
        check(peakKib < kibMax, `the largest process had ${peakKib} KiB`);
    }
    console.log(`at most ${peakFiles} files`);
    const rest = () => ({ files: filesOf(pid), processes: treeOf(pid).length });
    await until('rest', () => rest().files <= before.files && rest().processes
        <= before.processes, 90).catch(() => {});
    check(rest().files <= before.files, `${before.files} files before, ${rest().files} after`);
    check(rest().processes <= before.processes,
        `${before.processes} processes before, ${rest().processes} after`);
    if (!values.valgrind) {
        check(kibOf(pid) < before.kib + 8 * 1024, `hufud had ${before.kib} KiB before and `
            + `${kibOf(pid)} KiB after`);
    }
    process.kill(pid, 'SIGTERM');
    await until('the end of hufud', () => !isAlive(pid));
    check(hufud.exitCode === 0, `hufud ended with status ${hufud.exitCode}`);
    if (hufud.exitCode !== 0) {
        console.log(daemon.log.filter((line) => line.startsWith('==')).join('\n'));
    }
} finally {
    await daemon.stop();
}
process.exitCode = problems.length > 0 ? 1 : 0;
