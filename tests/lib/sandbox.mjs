/* A private hufud with software cards, brought up and taken down by tests/sandbox. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { displayVariables } from './xvfb.mjs';

const run = promisify(execFile);

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const script = (name) => join(root, 'tests', 'sandbox', name);

/* The title of the window in which hufu asks for the PIN. */
export const pinWindow = '虎符 Hufu';

export const programs = join(process.env.HUFU_BUILD ?? join(root, 'build'), 'src');

/* The variables that a shell would have after reading `file`. */
export async function readEnv(file) {
    const { stdout } = await run('env',
        ['-i', 'bash', '-c', 'set -a; . "$1"; exec env -0', 'bash', file]);
    return Object.fromEntries(stdout.split('\0').filter(Boolean).map((line) => {
        const equals = line.indexOf('=');
        return [line.slice(0, equals), line.slice(equals + 1)];
    }));
}

export class Sandbox {
    #surroundings;

    constructor(folder, env, surroundings) {
        this.#surroundings = surroundings;
        this.folder = folder;
        this.home = env.HOME;
        this.pin = env.HUFU_PIN;
        this.port = Number(env.HUFU_PORT);
        this.bin = env.HUFU_BIN;
        this.hierarchy = env.HUFU_HIERARCHY;
        this.log = env.HUFU_LOG;
    }

    /* The environment of a program that lives in this sandbox's home. */
    env() {
        const { XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_CACHE_HOME, XDG_STATE_HOME, ...rest } = this.#surroundings;
        return { ...rest, HOME: this.home };
    }

    /* Runs the hufu command in this sandbox's home; resolves with what it printed. */
    async hufu(...args) {
        const { stdout } = await run(join(this.bin, 'hufu'), args, { env: this.env() });
        return stdout;
    }

    stop() {
        return takeDown(this.folder);
    }
}

async function takeDown(folder) {
    await run(script('down'), [folder]);
    await rm(folder, { recursive: true, force: true });
}

/* Options: cards ("citizen ..."), pinentry (its path), display (its name, for the PIN window), more
 * (a list of further options of tests/sandbox/up). */
export async function startSandbox({ cards, pinentry, display, more = [] } = {}) {
    const folder = await mkdtemp(join(tmpdir(), 'hufu-sandbox-'));
    const args = [folder, '--bin', programs, ...more];
    if (cards) {
        args.push('--cards', cards);
    }
    if (pinentry) {
        args.push('--pinentry', pinentry);
    }
    const surroundings = { ...process.env, ...display && displayVariables(display) };
    try {
        await run(script('up'), args, { env: surroundings });
    } catch (error) {
        await takeDown(folder).catch(() => {}); /* the first cause is told */
        throw error;
    }
    return new Sandbox(folder, await readEnv(join(folder, 'env')), surroundings);
}
