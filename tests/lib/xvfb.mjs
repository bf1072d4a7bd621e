/* A display without a screen, with a window manager, and fingers to type on it. */
import { spawn, execFile } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { endProcess } from './processes.mjs';

export const displayPrograms = ['Xvfb', 'openbox', 'xdotool'];

const run = promisify(execFile);

/* Xvfb writes the number of the display it chose to descriptor 3 once it is ready. */
async function startServer(geometry) {
    const server = spawn('Xvfb',
        ['-displayfd', '3', '-screen', '0', geometry, '-nolisten', 'tcp'],
        { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
    const [number] = await once(server.stdio[3], 'data');
    return { server, name: `:${String(number).trim()}` };
}

/* A program that misses a session bus would start one, which would then outlive everything. */
export function displayVariables(name) {
    return { DISPLAY: name, DBUS_SESSION_BUS_ADDRESS: 'disabled:' };
}

export class Display {
    constructor(name, children) {
        this.name = name;
        this.env = { ...process.env, ...displayVariables(name), LC_ALL: 'C.UTF-8' };
        this.children = children;
    }

    #xdotool(...args) {
        return run('xdotool', args, { env: this.env });
    }

    /* The id of the visible window with exactly this title, or undefined. */
    async findWindow(title) {
        const found = await this.#xdotool('search', '--onlyvisible', '--name', `^${title}$`)
            .catch(() => ({ stdout: '' }));
        return found.stdout.trim().split('\n').pop() || undefined;
    }

    async #until(condition, seconds, what) {
        const deadline = Date.now() + seconds * 1000;
        while (Date.now() < deadline) {
            const value = await condition();
            if (value) {
                return value;
            }
            await sleep(50);
        }
        throw new Error(`${what} within ${seconds} s`);
    }

    /* Resolves once the window is there and has the keyboard. */
    async waitWindow(title, seconds = 20) {
        const id = await this.#until(() => this.findWindow(title), seconds, `no window ${title}`);
        await this.#xdotool('windowfocus', '--sync', id);
        await sleep(300); /* a window that was just mapped loses the first keys */
        return id;
    }

    waitNoWindow(title, seconds = 20) {
        return this.#until(async () => !await this.findWindow(title), seconds,
            `window ${title} stayed`);
    }

    type(text) {
        return this.#xdotool('type', '--delay', '20', text);
    }

    key(name) {
        return this.#xdotool('key', name);
    }

    async stop() {
        for (const child of this.children) {
            await endProcess(child);
        }
    }
}

export async function startDisplay(geometry = '1000x700x24') {
    const { server, name } = await startServer(geometry);
    const manager = spawn('openbox', [],
        { stdio: 'ignore', env: { ...process.env, ...displayVariables(name) } });
    const display = new Display(name, [manager, server]);
    process.once('exit', () => display.children.forEach((child) => child.kill()));
    return display;
}
