/* A network of a test's own, in which the default ports are free and systemd's user managers run.
 * The test file runs once more in there. */
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

export const isInside = process.env.HUFU_INSIDE !== undefined;

/* Runs the test file again in there; the results take the place of its own. Returns why that is not
 * possible, if so. */
export function runInside(file) {
    /* Standard output belongs to the test runner; descriptor 3 keeps it out of others' reach. */
    const { status } = spawnSync(join(here, 'with-network'), [
        'sh', '-c', 'exec "$@" >&3 3>&-', 'sh', process.execPath, fileURLToPath(file)],
    { stdio: ['ignore', 2, 2, 1], timeout: 300_000, killSignal: 'SIGKILL',
        env: { ...process.env, HUFU_INSIDE: '1' } });
    process.exitCode = status === 77 ? 0 : status ?? 1;
    return status === 77 && 'missing: root, or namespaces with control groups';
}
