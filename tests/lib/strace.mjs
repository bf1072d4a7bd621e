/* What hufud and all that it starts ask of the kernel. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { programs } from './sandbox.mjs';

/* Starts hufud under strace; `calls` as of its option -e. The function that comes back gives the
 * lines so far. hufud is the process that was started: strace watches from the side. */
export async function startTraced(daemon, calls, { env } = {}) {
    const file = join(daemon.sandbox.folder, 'strace');
    await daemon.startAndWait({
        command: 'strace', env,
        options: ['-D', '-f', '--seccomp-bpf', '-qq', '-s', '4096', '-e', `trace=${calls}`,
            '-o', file, join(programs, 'hufud')],
    });
    return () => readFileSync(file, 'utf8').split('\n').slice(0, -1);
}
