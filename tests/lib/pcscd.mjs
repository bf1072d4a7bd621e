/* A pcscd of a test's own, with a virtual card in its reader. The test file runs once more in
 * there: its network is another one, so nobody outside could talk to a hufud inside. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { isAlive, until } from './daemon.mjs';
import { programs } from './sandbox.mjs';

const tests = dirname(dirname(fileURLToPath(import.meta.url)));
const build = dirname(programs);

const card = (name) => join(build, 'tests', 'cards', name);

export const [pivcard, hold, activate] = ['pivcard', 'hold', 'activate'].map(card);
export const isInside = process.env.HUFU_CARD !== undefined;

/* Runs the test file again, beside the card of `person`; the results take the place of its own.
 * Returns why that is not possible, if so. */
export function runInside(file, person) {
    const citizens = join(build, 'citizens');
    spawnSync(join(dirname(tests), 'data', 'kit', 'citizens', 'make'), [citizens], { stdio: ['ignore', 2, 2] });
    /* Standard output belongs to the test runner; descriptor 3 keeps it out of pcscd's reach. */
    const { status } = spawnSync(join(tests, 'cards', 'with-pcscd'), [
        join(tests, 'cards', 'with-card'), pivcard, join(citizens, person), '--',
        'sh', '-c', 'exec "$@" >&3 3>&-', 'sh',
        process.execPath, ...process.execArgv, fileURLToPath(file),
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

/* --- the pcscd inside --- */

const runFolder = '/run/pcscd';
export const pcscdSocket = join(runFolder, 'pcscd.comm');
const pidFile = join(runFolder, 'pcscd.pid');

export const pcscdPid = () => parseInt(readFileSync(pidFile, 'utf8'), 10);

/* Resolves when it is gone with all its threads, and its readers' ports with them. */
export function endOfPcscd(pid) {
    const tasks = `/proc/${pid}/task`;
    return until('the end of pcscd', () => (
        !isAlive(pid) && (!existsSync(tasks) || readdirSync(tasks).length <= 1)));
}

/* Ends it, or kills it, and resolves when it is gone. */
export async function stopPcscd(signal = 'SIGTERM') {
    const pid = pcscdPid();
    process.kill(pid, signal);
    await endOfPcscd(pid);
    rmSync(pidFile, { force: true }); /* which a killed one leaves behind */
}

/* Whether somebody listens at pcscd's socket. */
export const pcscdListens = () => new Promise((resolve) => {
    const socket = connect(pcscdSocket, () => {
        socket.destroy();
        resolve(true);
    });
    socket.on('error', () => resolve(false));
});

/* Starts one with the readers that `folder` names, by the program `by` where one is given, and
 * resolves with the process when it listens. It ends with this place. */
export async function startPcscd({ folder = '/etc/reader.conf.d', by = [], args = [] } = {}) {
    const { stdout } = spawnSync('pcscd', ['--help'], { encoding: 'utf8' });
    const polkit = stdout.includes('--disable-polkit') ? ['--disable-polkit'] : [];
    const [program, ...rest] = [
        ...by, 'pcscd', '--foreground', '--critical', '--config', folder, ...polkit, ...args];
    const child = spawn(program, rest, {
        stdio: ['ignore', 2, 2], env: { ...process.env, PCSCLITE_HP_DROPDIR: runFolder } });
    child.unref();
    await until('pcscd', pcscdListens);
    return child;
}

/* Another pcscd takes the place of the present one. */
export async function restartPcscd(folder) {
    await stopPcscd();
    await startPcscd({ folder });
}
