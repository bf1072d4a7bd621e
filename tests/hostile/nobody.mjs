/* The other user of this machine. */
export const skipOtherUser = process.getuid() !== 0 && 'missing: root, to be another user';

/* The program and its arguments with which nobody runs a script of node. */
export function asNobody(script) {
    return ['setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath,
        '-e', script]];
}
