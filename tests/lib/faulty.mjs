/* The module src/kit/faulty.c in the sandbox of `daemon`. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { programs } from './sandbox.mjs';

export const faulty = join(programs, 'faulty.so');

export class Faulty {
    constructor(daemon) {
        this.folder = join(daemon.sandbox.home, '.config', 'hufu-test');
    }

    set(fault) {
        mkdirSync(this.folder, { recursive: true });
        writeFileSync(join(this.folder, 'fault'), `${fault}\n`);
    }

    /* One line for each C_Login so far. */
    get logins() {
        const file = join(this.folder, 'logins');
        return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
    }
}
