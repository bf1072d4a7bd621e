/* Every text of the page, in both languages; a name in braces is filled in. The codes of hufu come
 * from its own table (errors.json); here are those that only a page can set. */

export const languages = ['zh-TW', 'en'];

export const texts = {
    pageTitle: { 'zh-TW': '虎符：用卡片簽署', 'en': 'Hufu: sign with your card' },
    skip: { 'zh-TW': '跳到步驟', 'en': 'Skip to the steps' },
    languageGroup: { 'zh-TW': '語言', 'en': 'Language' },
    heading: { 'zh-TW': '用卡片簽署', 'en': 'Sign with your card' },
    lead: {
        'zh-TW': '網頁提出請求，您同意，卡片簽章。兩半相合，才算數。',
        'en': 'A page asks, you agree, the card signs. It counts only when both halves meet.',
    },
    promise: {
        'zh-TW': '私密金鑰從不離開卡片；PIN 碼只輸入在虎符自己的視窗。',
        'en': 'The private key never leaves the card, and you type the PIN only in hufu’s own window.',
    },

    waiting: { 'zh-TW': '等待中', 'en': 'Waiting' },
    running: { 'zh-TW': '進行中', 'en': 'Working' },
    ready: { 'zh-TW': '換您了', 'en': 'Your turn' },
    done: { 'zh-TW': '完成', 'en': 'Done' },
    failed: { 'zh-TW': '失敗', 'en': 'Failed' },

    serviceTitle: { 'zh-TW': '找到虎符', 'en': 'Find hufu' },
    serviceDone: { 'zh-TW': '服務版本 {version}', 'en': 'Service version {version}' },
    cardTitle: { 'zh-TW': '偵測讀卡機與卡片', 'en': 'See the reader and the card' },
    cardDone: {
        'zh-TW': '讀卡機 {slots} 台，卡片已插入',
        'en': 'The card is in; readers connected: {slots}',
    },
    holderTitle: { 'zh-TW': '讀取持卡人', 'en': 'Read the holder' },
    holderName: { 'zh-TW': '姓名', 'en': 'Name' },
    holderTail: { 'zh-TW': '身分證字號末四碼', 'en': 'National ID, last four' },
    holderValidity: { 'zh-TW': '憑證有效期間', 'en': 'Certificate valid' },
    holderIssuer: { 'zh-TW': '簽發單位', 'en': 'Issued by' },
    validity: { 'zh-TW': '{from} 至 {to}', 'en': '{from} to {to}' },
    textTitle: { 'zh-TW': '寫下要簽署的文字', 'en': 'Write the text to sign' },
    textLabel: { 'zh-TW': '要簽署的文字', 'en': 'The text to sign' },
    textExample: {
        'zh-TW': '我同意以我的卡片簽署這段文字。',
        'en': 'I agree to sign this text with my card.',
    },
    signTitle: { 'zh-TW': '簽署', 'en': 'Sign' },
    signHint: {
        'zh-TW': '按下按鈕後，請在虎符的視窗輸入 PIN 碼。這個網頁看不到它。',
        'en': 'After you press the button, type the PIN in hufu’s window. This page cannot see it.',
    },
    signButton: { 'zh-TW': '用卡片簽署', 'en': 'Sign with the card' },
    signRunning: { 'zh-TW': '請在虎符的視窗輸入 PIN 碼…', 'en': 'Type the PIN in hufu’s window…' },
    resultTitle: { 'zh-TW': '驗證結果', 'en': 'The verified result' },
    resultDone: { 'zh-TW': '簽章有效，由 openssl 驗證', 'en': 'Valid signature, verified by openssl' },
    resultSigner: { 'zh-TW': '簽署者', 'en': 'Signer' },
    resultTime: { 'zh-TW': '簽署時間', 'en': 'Time of signing' },
    resultAlgorithm: { 'zh-TW': '演算法', 'en': 'Algorithm' },
    resultContent: { 'zh-TW': '簽署的內容', 'en': 'Signed content' },
    noTime: { 'zh-TW': '簽章未載明', 'en': 'The signature does not say' },
    download: { 'zh-TW': '下載簽章（PKCS#7）', 'en': 'Download the signature (PKCS#7)' },

    failureCode: { 'zh-TW': '代碼 {code}', 'en': 'Code {code}' },
    nextStep: { 'zh-TW': '下一步：{remedy}', 'en': 'Next step: {remedy}' },
    retry: { 'zh-TW': '再試一次', 'en': 'Try again' },
    developerTitle: { 'zh-TW': '給網頁開發者：呼叫紀錄', 'en': 'For web developers: the calls' },
    developerName: { 'zh-TW': '函式', 'en': 'Function' },
    developerCode: { 'zh-TW': '代碼', 'en': 'Code' },
    developerTime: { 'zh-TW': '毫秒', 'en': 'ms' },
};

/* Code: what happened, and the one next step. 5062, 5037 and 5500 are the published numbers for a
 * bad signature, other content and no connection: here, with the web site's own verification. */
export const pageErrors = {
    61006: {
        'zh-TW': ['找不到虎符。', '請執行 hufu trust install，再重新啟動瀏覽器。'],
        'en': ['hufu was not found.', 'Run: hufu trust install, then restart the browser.'],
    },
    61015: {
        'zh-TW': ['與虎符的連線中斷。', '請再試一次。'],
        'en': ['The connection to hufu was lost.', 'Try again.'],
    },
    5062: {
        'zh-TW': ['簽章驗證不通過。', '請勿使用這份簽章；再簽署一次。'],
        'en': ['The signature is not valid.', 'Do not use this signature; sign again.'],
    },
    5037: {
        'zh-TW': ['簽章的內容與您的文字不同。', '請勿使用這份簽章；再簽署一次。'],
        'en': ['The signed content is not your text.', 'Do not use this signature; sign again.'],
    },
    5500: {
        'zh-TW': ['網站沒有回應。', '請重新載入網頁。'],
        'en': ['The website does not answer.', 'Reload the page.'],
    },
};

export const unknownError = {
    'zh-TW': ['發生未列出的錯誤。', '請取出卡片重新插入後再試一次。'],
    'en': ['An error that has no text.', 'Take the card out, put it back and try again.'],
};
