/* A mount namespace in which /etc and what the administrator keeps below /usr may be written to:
 * all of it is gone with it, and nothing of the real system changes. Root only. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const covers = `
    mount -t tmpfs hufu-test "$1"
    for folder in etc usr/bin usr/local/share usr/sbin var/lib; do
        mkdir -p "$1/$folder/upper" "$1/$folder/work"
        mount -t overlay -o "lowerdir=/$folder,upperdir=$1/$folder/upper,workdir=$1/$folder/work" \\
            hufu-test "/$folder"
    done
    echo ready
    exec sleep infinity`;

/* Whether this machine lets us. */
export const skipNamespace = process.getuid() !== 0 && 'needs root';

export async function openNamespace() {
    const folder = mkdtempSync(join(tmpdir(), 'hufu-namespace-'));
    const holder = spawn('unshare', ['-m', '--propagation', 'private', 'bash', '-ec', covers, 'bash', folder],
        { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(holder.stdout, 'data');
    return {
        folder,

        /* Resolves with { code, text } whatever comes of it. */
        async run(command, args, env = {}) {
            try {
                const { stdout, stderr } = await run('nsenter',
                    ['-t', `${holder.pid}`, '-m', 'env', '-u', 'XDG_DATA_HOME',
                        ...Object.entries(env).map(([name, value]) => `${name}=${value}`), command, ...args],
                    { encoding: 'latin1', maxBuffer: 64 << 20 });
                return { code: 0, text: stdout + stderr };
            } catch (error) {
                return { code: error.code, text: `${error.stdout}${error.stderr}` };
            }
        },

        async close() {
            holder.kill();
            await once(holder, 'close');
            rmSync(folder, { recursive: true });
        },
    };
}
