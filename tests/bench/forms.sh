# shellcheck shell=bash
# What a page sends, for ./bench; $programs is the folder of the programs here, $session that of
# the page.

# The form of a call; further members as JSON, with a comma at their end.
form() { # FUNCTION MEMBERS
    printf 'Parameter='
    printf '{"functionname":"%s",%s"comname":"YuantaCGGPKICryptSVIAdapter","libdir":"Yuanta",
        "PathID":"","JSVersion":"1.0.20.0423","minlibversion":"0.0.0.0",
        "minserverversion":"0.0.0.0","sessionid":"%s"}' "$1" "${2-}" "${session-}" |
        base64 -w0 | sed 's/+/%2B/g; s,/,%2F,g; s/=/%3D/g'
}

# The text of a member of an answer.
text_of() { # MEMBER ANSWER
    sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" <<<"$2" | base64 -d
}

# A document of 1 MB as an agency writes it, 900 paragraphs, and a signature that is to be filled.
# Nothing in it needs an escape in JSON.
xml_template() {
    local dsig=http://www.w3.org/2000/09/xmldsig# paragraph i
    paragraph=$(for i in {1..15}; do printf %s '主旨：檢送會議紀錄一份，請查照。說明：依來文辦理。'; done)
    printf '<公文 xmlns=\x27urn:example\x27>'
    for i in {1..900}; do printf '<段 序=\x27%d\x27><標題>說明</標題><內容>%s</內容></段>' "$i" "$paragraph"; done
    printf '<Signature xmlns=\x27%s\x27 Id=\x27S1\x27><SignedInfo>' $dsig
    printf '<CanonicalizationMethod Algorithm=\x27http://www.w3.org/TR/2001/REC-xml-c14n-20010315\x27/>'
    printf '<SignatureMethod Algorithm=\x27http://www.w3.org/2001/04/xmldsig-more#rsa-sha256\x27/>'
    printf '<Reference URI=\x27\x27><Transforms><Transform Algorithm=\x27%senveloped-signature\x27/></Transforms>' $dsig
    printf '<DigestMethod Algorithm=\x27http://www.w3.org/2001/04/xmlenc#sha256\x27/><DigestValue/></Reference>'
    printf '</SignedInfo><SignatureValue/><KeyInfo><X509Data/></KeyInfo></Signature></公文>'
}

hufu_call() { # FORM [COUNT]
    "${programs:?}/call" "$HUFU_PORT" "$HUFU_CA" "${@:2}" <<<"$1"
}

# The arguments of a signature, PIN first.
signing_members() {
    printf '"sOptPIN":"%s","sData":"登入挑戰 42","signcodepage":"UTF-8","iFlags":"0","iHashFlag":"4",' \
        "$HUFU_PIN"
}
