/* hufu kit, as a developer starts it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { Sandbox, programs, readEnv } from './sandbox.mjs';
import { Page, portalOrigin } from './servisign.mjs';
import { displayVariables } from './xvfb.mjs';

export const data = fileURLToPath(new URL('../../data', import.meta.url));
const hufu = join(programs, 'hufu');

const running = new Set();

/* Those that a test which failed left behind. */
export async function endKits() {
    await Promise.all([...running].map((kit) => closeKit(kit)));
}

/* The command's process, its exit status to come, and what it said on standard error. */
export function spawnKit(args, env = process.env) {
    const child = spawn(hufu, ['kit', '--data', data, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = once(child, 'close').then(([status]) => status);
    const kit = { child, ended, errors: '' };
    running.add(kit);
    ended.then(() => running.delete(kit));
    child.stderr.setEncoding('utf8').on('data', (text) => {
        kit.errors += text;
    });
    return kit;
}

/* Resolves with what `hufu kit --json` said, and its process, as { facts, child, ended }. */
export async function openKit(args = [], env = process.env) {
    const kit = spawnKit(['--json', ...args], env);
    const [line] = await Promise.race([once(createInterface(kit.child.stdout), 'line'), kit.ended.then(() => [])]);
    if (line === undefined) {
        throw new Error(`hufu kit: ${kit.errors}`);
    }
    return Object.assign(kit, { facts: JSON.parse(line) });
}

export async function closeKit(kit, signal = 'SIGINT') {
    kit.child.kill(signal);
    return kit.ended;
}

/* A page of the website of the tests, for one of the kit's products. */
export function kitPage({ facts }, options) {
    const [port] = facts.ports.gpki;
    return new Page({ port, certificate: facts.certificate }, options);
}

class KitSandbox extends Sandbox {
    constructor(kit, env, surroundings) {
        super(kit.facts.folder, env, surroundings);
        this.kit = kit;
    }

    /* With what the test itself put into the folder. */
    async stop() {
        await closeKit(this.kit);
        await rm(this.folder, { recursive: true, force: true });
    }
}

/* In the place of startSandbox, with its options. */
export async function startKit({ cards, pinentry, display, more = [] } = {}) {
    const surroundings = { ...process.env, ...display && displayVariables(display) };
    const args = ['--origin', portalOrigin, ...more, ...cards ? ['--cards', cards] : [],
        ...pinentry ? ['--pinentry', pinentry] : []];
    const kit = await openKit(args, surroundings);
    return new KitSandbox(kit, await readEnv(join(kit.facts.folder, 'env')), surroundings);
}
