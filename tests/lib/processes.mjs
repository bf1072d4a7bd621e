/* Ends what was started. */
import { once } from 'node:events';

/* Resolves once the child process is gone. */
export async function endProcess(child) {
    if (child.exitCode === null && child.signalCode === null) {
        child.kill();
        await once(child, 'exit');
    }
}
