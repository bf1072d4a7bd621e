/* A copy of hufu's programs that a test may damage. */
import { chmodSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { until } from './daemon.mjs';
import { programs } from './sandbox.mjs';

export class Installation {
    constructor() {
        this.folder = mkdtempSync(join(tmpdir(), 'hufu-programs-'));
        ['hufu', 'hufud', 'hufu-worker'].forEach((name) => (
            cpSync(join(programs, name), join(this.folder, name))));
    }

    /* For startSandbox. */
    get options() {
        return ['--bin', this.folder];
    }

    /* Runs `action` while no worker of `daemon` is there and none can be started. */
    async withoutWorkers(daemon, action) {
        const worker = join(this.folder, 'hufu-worker');
        chmodSync(worker, 0o600);
        daemon.workers.forEach((pid) => process.kill(pid, 'SIGKILL'));
        await until('the end of the workers', () => daemon.workers.length === 0);
        try {
            await action();
        } finally {
            chmodSync(worker, 0o755);
        }
    }

    remove() {
        rmSync(this.folder, { recursive: true, force: true });
    }
}
