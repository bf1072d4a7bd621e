/* Other users of this machine. */
export const skipOtherUser = process.getuid() !== 0 && 'missing: root, to be another user';

export const nobody = 65534;

/* The options of setpriv that make a program that of another user. */
export const becomeUser = (uid) => [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];

/* The program and its arguments with which another user runs a script of node. */
export function asUser(uid, script) {
    return ['setpriv', [...becomeUser(uid), process.execPath, '-e', script]];
}

export const asNobody = (script) => asUser(nobody, script);
