/* Every text of the page, in both languages; a name in braces is filled in. What hufu's doctor finds
 * and what a code means comes from hufu itself. */

export const languages = ['zh-TW', 'en'];

export const texts = {
    pageTitle: { 'zh-TW': '{headline} - 虎符', 'en': '{headline} - Hufu' },
    skip: { 'zh-TW': '跳到內容', 'en': 'Skip to the content' },
    languageGroup: { 'zh-TW': '語言', 'en': 'Language' },

    /* The one sentence on top, what it means, and its button */
    looking: { 'zh-TW': '正在檢查…', 'en': 'Looking…' },
    lookingLead: { 'zh-TW': '通常不到兩秒。', 'en': 'This takes less than two seconds.' },
    ready: { 'zh-TW': '一切正常，可以簽章。', 'en': 'Everything works. You can sign.' },
    readyLead: {
        'zh-TW': '您可以關閉這個網頁，回到要使用卡片的網站。',
        'en': 'You can close this page and go back to the website that needs your card.',
    },
    noCard: { 'zh-TW': '虎符正常，請插入卡片。', 'en': 'Hufu works. Put in your card.' },
    noCardLead: {
        'zh-TW': '卡片插入後，這裡會自動更新。',
        'en': 'This page notices by itself when the card is in.',
    },
    noReader: { 'zh-TW': '虎符正常，請接上讀卡機。', 'en': 'Hufu works. Plug in your card reader.' },
    noReaderLead: {
        'zh-TW': '讀卡機接上後，這裡會自動更新。',
        'en': 'This page notices by itself when the reader is there.',
    },
    notRunning: { 'zh-TW': '虎符沒有在執行。', 'en': 'Hufu is not running.' },
    notRunningLead: {
        'zh-TW': '網站因此會說找不到元件。按下按鈕即可重新啟動。',
        'en': 'Websites therefore say that the component is missing. The button starts it again.',
    },
    notExamined: { 'zh-TW': '虎符正在執行，但無法完整檢查。', 'en': 'Hufu runs, but could not be examined.' },
    notExaminedLead: {
        'zh-TW': '測試簽章會顯示哪一步有問題。',
        'en': 'A test signature shows which step fails.',
    },
    buttonLead: { 'zh-TW': '按下按鈕，虎符就會處理。', 'en': 'Press the button, and hufu takes care of it.' },
    changing: { 'zh-TW': '正在處理…', 'en': 'Working on it…' },
    changingLead: { 'zh-TW': '請稍候，完成後這裡會更新。', 'en': 'One moment; this page shows when it is done.' },
    ended: { 'zh-TW': '這個網頁已經結束。', 'en': 'This page has ended.' },
    endedLead: {
        'zh-TW': '請再開啟一次：從應用程式選單開啟虎符，或執行 hufu open。',
        'en': 'Open it once more: hufu in the menu of applications, or the command hufu open.',
    },
    used: { 'zh-TW': '這個網址已經用過了。', 'en': 'This address was used already.' },

    tryIt: { 'zh-TW': '測試簽章', 'en': 'Try a test signature' },
    look: { 'zh-TW': '重新檢查', 'en': 'Check again' },
    restart: { 'zh-TW': '重新啟動虎符', 'en': 'Restart hufu' },
    fix: { 'zh-TW': '修復', 'en': 'Mend this' },
    fix_install: { 'zh-TW': '讓瀏覽器信任虎符', 'en': 'Have the browsers trust hufu' },
    fix_repair: { 'zh-TW': '修復憑證資料庫', 'en': 'Mend the certificate databases' },
    fix_modes: { 'zh-TW': '恢復檔案權限', 'en': 'Give the files their modes back' },
    fix_release: { 'zh-TW': '讓 GnuPG 釋出卡片', 'en': 'Have GnuPG let go of the card' },
    cancel: { 'zh-TW': '取消', 'en': 'Cancel' },

    /* Before a change */
    restartQuestion: { 'zh-TW': '要重新啟動虎符嗎？', 'en': 'Restart hufu?' },
    restartText: {
        'zh-TW': '虎符會停止並重新啟動，再讓您的瀏覽器信任它。正在進行的簽章會先完成；網頁不必重新載入。',
        'en': 'Hufu stops and starts anew, and has your browsers trust it. A signature under way is finished first; pages need not be loaded again.',
    },
    fixQuestion: { 'zh-TW': '要修復「{title}」嗎？', 'en': 'Mend “{title}”?' },
    fixText: { 'zh-TW': '虎符會執行：hufu doctor --fix {id}', 'en': 'Hufu runs: hufu doctor --fix {id}' },
    fixText_install: {
        'zh-TW': '虎符會將自己的憑證加入您所有瀏覽器的憑證資料庫。其他憑證都不變；hufu trust remove 可以復原。',
        'en': 'Hufu adds its own certificate to the databases of all your browsers. Nothing else in them changes; hufu trust remove takes it back.',
    },
    fixText_repair: {
        'zh-TW': '虎符會修復損壞的憑證資料庫。讀得到的憑證與金鑰都會保留，原檔另存。',
        'en': 'Hufu mends the damaged databases. Every certificate and key that can be read stays, and the old files are kept.',
    },
    fixText_modes: {
        'zh-TW': '虎符會將您自己的虎符檔案恢復為只有您能讀寫。',
        'en': 'Hufu makes its own files in your home readable and writable for you alone.',
    },
    fixText_release: {
        'zh-TW': '虎符會請 GnuPG 的 scdaemon 結束，釋出卡片。GnuPG 需要時會再啟動它。',
        'en': 'Hufu has GnuPG’s scdaemon end, which lets go of the card. GnuPG starts it again when it needs to.',
    },
    changeDone: { 'zh-TW': '已完成，正在重新檢查。', 'en': 'Done. Looking again.' },
    changeFailed: {
        'zh-TW': '剛才的處理沒有成功。請依下方檢查結果中的步驟進行。',
        'en': 'What you just had done did not succeed. Follow the step in the findings below.',
    },

    /* Findings */
    checksTitle: { 'zh-TW': '檢查結果', 'en': 'What was found' },
    checksNone: { 'zh-TW': '還沒有檢查結果。', 'en': 'Nothing was examined yet.' },
    checksAllFine: { 'zh-TW': '沒有需要處理的項目。', 'en': 'Nothing needs to be done.' },
    noteSummary: { 'zh-TW': '{count} 項供您參考', 'en': 'Worth knowing: {count}' },
    fineSummary: { 'zh-TW': '{count} 項正常', 'en': 'In order: {count}' },
    skippedSummary: { 'zh-TW': '{count} 項尚未檢查', 'en': 'Not examined: {count}' },
    stateOk: { 'zh-TW': '正常', 'en': 'In order' },
    stateNote: { 'zh-TW': '供您參考', 'en': 'Worth knowing' },
    stateAttention: { 'zh-TW': '請留意', 'en': 'Needs attention' },
    stateTrouble: { 'zh-TW': '有問題', 'en': 'Does not work' },
    stateSkipped: { 'zh-TW': '尚未檢查', 'en': 'Not examined' },
    step: { 'zh-TW': '下一步：{step}', 'en': 'Next step: {step}' },
    code: { 'zh-TW': '代碼 {code}', 'en': 'Code {code}' },

    /* Readers and cards */
    cardsTitle: { 'zh-TW': '讀卡機與卡片', 'en': 'Reader and card' },
    cardsLooking: { 'zh-TW': '正在尋找讀卡機…', 'en': 'Looking for readers…' },
    cardsUnknown: { 'zh-TW': '讀卡機的狀態未知。', 'en': 'Nothing is known about readers.' },
    cardsRunning: { 'zh-TW': '沒有接上讀卡機。', 'en': 'No reader is plugged in.' },
    cardsOther: {
        'zh-TW': '讀卡機服務（pcscd）無法使用。',
        'en': 'The service for card readers (pcscd) cannot be used.',
    },
    cardIn: { 'zh-TW': '卡片已插入', 'en': 'A card is in' },
    cardOut: { 'zh-TW': '沒有卡片', 'en': 'No card' },
    cardMute: { 'zh-TW': '卡片沒有回應', 'en': 'The card does not answer' },
    cardSilent: { 'zh-TW': '讀卡機沒有回應', 'en': 'The reader does not answer' },
    cardHeldUnknown: { 'zh-TW': '正被其他程式使用', 'en': 'In use by another program' },
    cardHeld: { 'zh-TW': '正被 {program} 使用', 'en': 'In use by {program}' },

    /* The test signature */
    testTitle: { 'zh-TW': '測試簽章', 'en': 'Test signature' },
    testLead: {
        'zh-TW': '這個網頁會像任何網站一樣，請虎符以您的卡片簽章，再驗證結果。簽章只留在這個網頁，不會送到任何地方。',
        'en': 'This page asks hufu for a signature as any website does, and verifies it. The signature stays in this page and is sent nowhere.',
    },
    testButton: { 'zh-TW': '開始測試', 'en': 'Start the test' },
    testAgain: { 'zh-TW': '再測試一次', 'en': 'Test again' },
    testRunning: { 'zh-TW': '測試中…', 'en': 'Testing…' },
    testPassed: { 'zh-TW': '九個步驟都成功。', 'en': 'All nine steps succeeded.' },
    testFailed: { 'zh-TW': '第 {number} 步「{title}」沒有成功。', 'en': 'Step {number}, “{title}”, did not succeed.' },

    stepWaiting: { 'zh-TW': '等待中', 'en': 'Waiting' },
    stepRunning: { 'zh-TW': '進行中', 'en': 'Working' },
    stepDone: { 'zh-TW': '完成', 'en': 'Done' },
    stepFailed: { 'zh-TW': '失敗', 'en': 'Failed' },

    serviceTitle: { 'zh-TW': '虎符正在執行', 'en': 'Hufu is running' },
    serviceDone: { 'zh-TW': '連接埠 {ports}', 'en': 'Ports {ports}' },
    trustTitle: { 'zh-TW': '這個瀏覽器信任虎符', 'en': 'This browser trusts hufu' },
    trustDone: { 'zh-TW': '已連線到 {address}', 'en': 'Connected to {address}' },
    sessionTitle: { 'zh-TW': '虎符接受這個網頁', 'en': 'Hufu accepts this page' },
    sessionDone: { 'zh-TW': '服務版本 {version}', 'en': 'Service version {version}' },
    readerTitle: { 'zh-TW': '讀卡機', 'en': 'Card reader' },
    readerDone: { 'zh-TW': '找到 {count} 台', 'en': 'Found: {count}' },
    cardTitle: { 'zh-TW': '卡片', 'en': 'Card' },
    cardDone: { 'zh-TW': '已插入，可以讀取', 'en': 'It is in and can be read' },
    certificateTitle: { 'zh-TW': '卡片上的憑證', 'en': 'Certificate on the card' },
    certificateDone: { 'zh-TW': '{name}，有效至 {date}', 'en': '{name}, valid until {date}' },
    pinTitle: { 'zh-TW': 'PIN 碼', 'en': 'PIN' },
    pinRunning: {
        'zh-TW': '請在虎符的視窗輸入 PIN 碼。視窗上的網站是 {address}，就是這個網頁。',
        'en': 'Type the PIN in hufu’s window. The website that it names, {address}, is this page.',
    },
    pinDone: { 'zh-TW': '卡片接受', 'en': 'The card took it' },
    signTitle: { 'zh-TW': '簽章', 'en': 'Signature' },
    signDone: { 'zh-TW': '{bytes} 位元組，含輸入 PIN 碼共 {seconds} 秒', 'en': '{bytes} bytes; {seconds} s with the PIN' },
    verifyTitle: { 'zh-TW': '驗證', 'en': 'Verification' },
    verifyDone: {
        'zh-TW': '由瀏覽器驗證：內容與簽章相符（{algorithm}）',
        'en': 'Verified by the browser: content and signature match ({algorithm})',
    },

    /* Uses */
    usesTitle: { 'zh-TW': '最近的使用', 'en': 'Last uses' },
    usesNone: { 'zh-TW': '還沒有網站使用過您的卡片。', 'en': 'No website has used your card yet.' },
    usesThisPage: { 'zh-TW': '這個網頁', 'en': 'This page' },
    usesNoSite: { 'zh-TW': '這台電腦上的程式', 'en': 'A program on this computer' },
    useDone: { 'zh-TW': '完成', 'en': 'done' },
    use_see: { 'zh-TW': '查看卡片', 'en': 'Look for a card' },
    use_read: { 'zh-TW': '讀取憑證', 'en': 'Read certificates' },
    use_sign: { 'zh-TW': '簽章', 'en': 'Sign' },
    use_decrypt: { 'zh-TW': '解密', 'en': 'Decrypt' },
    use_pin: { 'zh-TW': '由網頁提供 PIN 碼', 'en': 'PIN from the page' },
    use_consent: { 'zh-TW': '徵求同意', 'en': 'Ask for permission' },
    use_tls: { 'zh-TW': '連線', 'en': 'Connect' },

    /* Questions */
    helpTitle: { 'zh-TW': '常見問題', 'en': 'Questions' },
    guide: { 'zh-TW': '自行讓瀏覽器信任虎符（圖解）', 'en': 'Have a browser trust hufu by hand, with pictures' },

    footer: {
        'zh-TW': '這個網頁只在這台電腦上，只有您看得到；關閉分頁，它就結束。',
        'en': 'This page is on this computer only and for you alone; it ends when you close its tab.',
    },
    version: { 'zh-TW': '版本 {version}', 'en': 'Version {version}' },
};

/* What people ask, with the button that helps where hufu can. */
export const questions = [
    {
        id: '61006',
        action: 'restart',
        question: {
            'zh-TW': '網站說找不到元件、請安裝元件（61006、61001）',
            'en': 'A website says that the component is missing (61006, 61001)',
        },
        answer: {
            'zh-TW': '虎符就是那個元件，不需要安裝別的。虎符沒有在執行，或這個瀏覽器還不信任它。重新啟動會一併處理這兩種情形。',
            'en': 'Hufu is that component; nothing else is needed. Either it is not running, or this browser does not trust it yet. A restart takes care of both.',
        },
    },
    {
        id: '61905',
        action: 'restart',
        question: {
            'zh-TW': '連接埠被占用（61905）',
            'en': 'The port is taken (61905)',
        },
        answer: {
            'zh-TW': '不必重新開機。網站會依序嘗試三個連接埠，虎符使用其中空著的；上方的檢查結果會寫明是哪個程式占用。結束那個程式之後，重新啟動虎符即可。',
            'en': 'The computer need not be restarted. Websites try three ports and hufu uses those that are free; the findings above name the program that holds one. End that program, then restart hufu.',
        },
    },
    {
        id: '61008',
        question: {
            'zh-TW': '要我修改 TLS 或安全性設定（61008）',
            'en': 'I am told to change TLS or security settings (61008)',
        },
        answer: {
            'zh-TW': '不必修改。虎符使用 TLS 1.2 與 1.3，現在的瀏覽器都支援。出現 61008 表示瀏覽器太舊：請更新瀏覽器。',
            'en': 'Leave them as they are. Hufu speaks TLS 1.2 and 1.3, as every current browser does. Code 61008 means that the browser is too old: update it.',
        },
    },
    {
        id: 'permission',
        question: {
            'zh-TW': '瀏覽器問網站能否存取這台裝置',
            'en': 'The browser asks whether a website may reach this device',
        },
        answer: {
            'zh-TW': '請按「允許」，網站才能與虎符連線。若按過「封鎖」，請點網址列左側的圖示，改為允許，再重新載入網頁。',
            'en': 'Choose “Allow”, or the website cannot reach hufu. If it was blocked before, click the icon left of the address, allow it there and load the page again.',
        },
    },
    {
        id: 'install',
        question: {
            'zh-TW': '無法安裝',
            'en': 'It cannot be installed',
        },
        answer: {
            'zh-TW': '安裝套件需要管理者權限，一台電腦只要一次；之後每位使用者都不需要。沒有權限時，請管理這台電腦的人安裝 hufu 套件。',
            'en': 'Installing the package takes an administrator, once for a computer; nobody needs one afterwards. Without the right, ask whoever looks after the computer to install the package hufu.',
        },
    },
    {
        id: 'firewall',
        action: 'look',
        question: {
            'zh-TW': '要關閉防毒軟體或防火牆嗎？',
            'en': 'Must the antivirus or the firewall be switched off?',
        },
        answer: {
            'zh-TW': '不必關閉。虎符只在這台電腦內連線（127.0.0.1），不需要對外開放。若有程式擋住這種連線，上方的檢查結果會寫明。',
            'en': 'Leave them on. Hufu talks within this computer only (127.0.0.1) and needs no opening to the outside. If something blocks that, the findings above say so.',
        },
    },
    {
        id: 'user',
        action: 'look',
        question: {
            'zh-TW': '這台電腦還有其他人登入',
            'en': 'Somebody else is logged in on this computer',
        },
        answer: {
            'zh-TW': '不必請對方登出。每個人有自己的虎符，使用不同的連接埠；您的瀏覽器只會連到您的，別人也用不到您的卡片。',
            'en': 'They need not log out. Each person has a hufu of their own, on ports of its own; your browser reaches yours alone, and nobody else’s reaches your card.',
        },
    },
];

/* What only a page can find, in the form of hufu's own codes: what happened, and the next step. */
export const pageErrors = {
    notRunning: {
        'zh-TW': ['虎符沒有在執行。', '請按「重新啟動虎符」。'],
        'en': ['Hufu is not running.', 'Press “Restart hufu”.'],
    },
    notTrusted: {
        'zh-TW': ['虎符正在執行，但這個瀏覽器連不上：還不信任它的憑證，或封鎖了連線。', '請重新啟動虎符，再關閉並重新開啟瀏覽器。'],
        'en': ['Hufu is running, but this browser cannot reach it: it does not trust the certificate yet, or it blocks the connection.', 'Restart hufu, then close the browser and open it again.'],
    },
    noReader: {
        'zh-TW': ['沒有接上讀卡機。', '請接上讀卡機，再測試一次。'],
        'en': ['No card reader is plugged in.', 'Plug one in and test again.'],
    },
    expired: {
        'zh-TW': ['卡片上的憑證已過期或尚未生效。', '請向發卡單位更新憑證。'],
        'en': ['The certificate on the card has expired or is not valid yet.', 'Renew it with the authority that issued the card.'],
    },
    verification: {
        'zh-TW': ['簽章驗證不通過。', '請勿使用這張卡片簽章，並回報這個問題。'],
        'en': ['The signature is not valid.', 'Do not sign with this card, and report this.'],
    },
    61006: {
        'zh-TW': ['虎符沒有回應。', '請重新啟動虎符，再測試一次。'],
        'en': ['Hufu does not answer.', 'Restart hufu and test again.'],
    },
    61015: {
        'zh-TW': ['與虎符的連線中斷。', '請再測試一次。'],
        'en': ['The connection to hufu was lost.', 'Test again.'],
    },
};

export const unknownError = {
    'zh-TW': ['發生未列出的錯誤。', '請取出卡片重新插入後再測試一次。'],
    'en': ['An error that has no text.', 'Take the card out, put it back and test again.'],
};
