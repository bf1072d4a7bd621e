/* The faults of hufu kit's cards, for the module that has them and the command that names them. */
#ifndef HUFU_KIT_FAULTS_H
#define HUFU_KIT_FAULTS_H

/* Longer than hufud waits before it answers with a heartbeat, so that a page polls. */
#define HUFU_KIT_SLOW_SECONDS 12

/* The words are in faults.def: HUFU_KIT_FAULT(word, English, Chinese, what the module does). Two
 * more kinds have a code of PKCS#11 behind them. */
#define HUFU_KIT_FAULT_SIGN  "sign:"
#define HUFU_KIT_FAULT_LOGIN "login:"

/* In the home of the kit. */
#define HUFU_KIT_FAULT_FILE "home/.config/hufu-test/fault"

#endif
