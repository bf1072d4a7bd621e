/* A pcscd of a test's own, with a virtual card in its reader. The test file runs once more in
 * there: its network is another one, so nobody outside could talk to a hufud inside. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { until } from './daemon.mjs';
import { programs } from './sandbox.mjs';

const tests = dirname(dirname(fileURLToPath(import.meta.url)));
const build = dirname(programs);

export const pivcard = join(build, 'tests', 'cards', 'pivcard');
export const isInside = process.env.HUFU_CARD !== undefined;

/* Runs the test file again, beside the card of `person`; the results take the place of its own.
 * Returns why that is not possible, if so. */
export function runInside(file, person) {
    const citizens = join(build, 'citizens');
    spawnSync(join(tests, 'citizens', 'make'), [citizens], { stdio: ['ignore', 2, 2] });
    /* Standard output belongs to the test runner; descriptor 3 keeps it out of pcscd's reach. */
    const { status } = spawnSync(join(tests, 'cards', 'with-pcscd'), [
        join(tests, 'cards', 'with-card'), pivcard, join(citizens, person), '--',
        'sh', '-c', 'exec "$@" >&3 3>&-', 'sh', process.execPath, fileURLToPath(file),
    ], { stdio: ['ignore', 2, 2, 1], timeout: 300_000, killSignal: 'SIGKILL' });
    process.exitCode = status === 77 ? 0 : status ?? 1;
    return status === 77 && 'missing: pcscd with vpcd, or namespaces';
}

export function openscModule() {
    const [folder] = execFileSync('pkg-config', ['--variable=p11_module_path', 'p11-kit-1'],
        { encoding: 'utf8' }).split('\n');
    return join(folder, 'opensc-pkcs11.so');
}

/* Orders to the card inside; pivcard.c lists them. */
export function orderCard(order) {
    writeFileSync(process.env.HUFU_CARD, `${order}\n`);
}

/* What happened to the card so far, one line each. */
export function cardEvents() {
    return readFileSync(process.env.HUFU_CARD_LOG, 'utf8').split('\n').slice(0, -1);
}

const runFolder = '/run/pcscd';

/* Inside: another pcscd takes the place of the present one, with the readers that `folder` names. */
export async function restartPcscd(folder) {
    const pidFile = join(runFolder, 'pcscd.pid');
    process.kill(parseInt(readFileSync(pidFile, 'utf8'), 10));
    await until('the end of pcscd', () => !existsSync(pidFile));
    const { stdout } = spawnSync('pcscd', ['--help'], { encoding: 'utf8' });
    const polkit = stdout.includes('--disable-polkit') ? ['--disable-polkit'] : [];
    const pcscd = spawn('pcscd', ['--foreground', '--critical', '--config', folder, ...polkit], {
        stdio: ['ignore', 2, 2], env: { ...process.env, PCSCLITE_HP_DROPDIR: runFolder } });
    pcscd.unref(); /* it ends with this place */
    await until('pcscd', () => existsSync(join(runFolder, 'pcscd.comm')));
}
