/* Imported first, it makes a test use the build without sanitizers (HUFU_PLAIN, where it is set):
 * under strace, and where memory is measured, a sanitizer would only show itself. */
if (process.env.HUFU_PLAIN) {
    process.env.HUFU_BUILD = process.env.HUFU_PLAIN;
}
