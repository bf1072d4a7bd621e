#include "component/gpki/gpki.h"

#define REFUSED .run = hufu_run_refused
#define TEXT    .returns = HUFU_RETURNS_TEXT
#define NUMBER  .returns = HUFU_RETURNS_NUMBER
#define STATUS  .returns = HUFU_RETURNS_STATUS
#define SEE     .scope = HUFU_SCOPE_SEE
#define READ    .scope = HUFU_SCOPE_READ
#define SIGN    .scope = HUFU_SCOPE_SIGN
#define DECRYPT .scope = HUFU_SCOPE_DECRYPT

/* In the order of the Windows page. A Mac page has 33 of these names with other parameter names;
 * CryptCertGetSignatureAlgorithm has one parameter more there, GetVersion one fewer.
 * get_lastError is answered by hufud (component map, last_error). What only says what stands in a
 * certificate that the page brings along needs no more than SEE. */
static const struct hufu_function functions[] = {
    {"GPKI_EnumCerts", "iFlags", TEXT, READ, .run = gpki_enum_certs},
    {"CAPICertGetSerialNumber", "strCert iFlags", TEXT, SEE, .run = gpki_cert_serial_number},
    {"CAPICertGetIssuer", "strCert iFlags", TEXT, SEE, .run = gpki_cert_issuer},
    {"CAPICertGetSubject", "strCert iFlags", TEXT, SEE, .run = gpki_cert_subject},
    {"GPKI_GetTailOfCitizenID", "strCert iFlags", TEXT, SEE, .run = gpki_tail_of_citizen_id},
    {"GPKI_GetCertType", "strCert iFlags", NUMBER, SEE, .run = gpki_get_cert_type},
    {"GPKI_GetOrganizationID", "strCert iFlags", TEXT, SEE, .run = gpki_get_organization_id},
    {"GPKI_GetCardHolderRank", "strCert iFlags", TEXT, SEE, .run = gpki_get_card_holder_rank},
    {"GPKI_GetCertTypeOID", "strCert iFlags", TEXT, SEE, .run = gpki_get_cert_type_oid},
    {"GPKI_GetEntityOID", "cert iFlags", TEXT, SEE, .run = gpki_get_entity_oid},
    {"CAPICertGetPublicKey", "strCert iFlags", TEXT, SEE, .run = gpki_cert_public_key},
    {"CAPICertGetNotBefore", "strCert iFlags", TEXT, SEE, .run = gpki_cert_not_before},
    {"CAPICertGetNotAfter", "strCert iFlags", TEXT, SEE, .run = gpki_cert_not_after},
    {"CAPICertGetVersion", "strCert iFlags", TEXT, SEE, .run = gpki_cert_version},
    {"GPKI_EncryptByCert", "strCert strData iFlags", TEXT, SEE, .run = gpki_encrypt_by_cert},
    {"GPKI_Decrypt", "strCipher iFlags iKeyUsage", TEXT, DECRYPT, .run = gpki_decrypt},
    {"GPKI_Decrypt2File", "strCipher strOutFilePath iFlags iKeyUsage", STATUS, REFUSED},
    {"GPKI_XMLSignTemplate", "bstrPIN bstrXML bstrSignId iFlags", TEXT, SIGN,
     .run = gpki_xml_sign_template},
    {"GPKI_SetReaderSlot", "iFlags slot", STATUS, SEE, .run = gpki_set_reader_slot},
    {"GPKI_EnumCertsToString", "iFlags", TEXT, READ, .run = gpki_enum_certs},
    {"GPKI_Base64Encode", "srcData codePage", TEXT, SEE, .run = gpki_base64_encode},
    {"GPKI_Base64Decode", "base64String outCodePage", TEXT, SEE, .run = gpki_base64_decode},
    {"GPKI_DecryptEx", "sOptPIN strCipher iFlags iKeyUsage", TEXT, DECRYPT, .run = gpki_decrypt_ex},
    {"GPKI_SignDataInit", "sOptPIN lFlags", STATUS, SIGN, .run = gpki_sign_init},
    {"GPKI_SignDataFinal", "lFlags", STATUS, SEE, .run = gpki_sign_final},
    {"GPKI_XMLSignTemplateFile", "bstrPIN bstrXMLFilePath bstrSignId iFlags", TEXT, REFUSED},
    {"GPKI_XMLCalcTemplateDigest", "bstrXML bstrSignId", TEXT, SEE,
     .run = gpki_xml_calc_template_digest},
    {"GPKI_XMLCalcTemplateFileDigest", "bstrXMLFilePath bstrSignId", TEXT, REFUSED},
    {"GPKI_XMLSignTemplateDigest", "bstrPIN bstrXML bstrSignId iFlags", TEXT, SIGN,
     .run = gpki_xml_sign_template_digest},
    {"GPKI_ReadFile", "strFilepath flags", TEXT, REFUSED},
    {"GPKI_XMLSignTemplateFileUpdate", "bstrXMLFilePath bstrSignId iFlags", TEXT, REFUSED},
    {"GPKI_SignInit", "sOptPIN lFlags", STATUS, SIGN, .run = gpki_sign_init},
    {"GPKI_SignFinal", "lFlags", STATUS, SEE, .run = gpki_sign_final},
    {"GPKI_XMLSignTemplateDigestUpdate", "bstrXML bstrSignId iFlags", TEXT, SIGN,
     .run = gpki_xml_sign_template_digest_update},
    {"GPKI_SetPKCS11Driver", "bPath", STATUS, REFUSED},
    {"SetXMLReferenceDirs", "bstrMultiRefDir", STATUS, REFUSED},
    {"GPKI_GetSerialNumber", "", TEXT, READ, .run = gpki_get_serial_number},
    {"GPKI_RSADecrypt", "strCipher strPinCode iFlags", TEXT, DECRYPT, .run = gpki_rsa_decrypt},
    {"GPKI_RSAEncryptByCert", "strCert strData iFlags", TEXT, SEE, .run = gpki_rsa_encrypt_by_cert},
    {"GPKI_XMLSignTemplateUpdate", "bstrXML bstrSignId iFlags", TEXT, SIGN,
     .run = gpki_xml_sign_template_update},
    {"GPKI_XMLSignTemplateFile2File",
     "bstrPIN bstrInXMLFilePath bstrOutXMLFilePath bstrSignId iFlags", STATUS, REFUSED},
    {"GPKI_XMLSignTemplateDigest2File", "bstrPIN bstrXML bstrOutXMLFilePath bstrSignId iFlags",
     STATUS, REFUSED},
    {"GPKI_GetAttributeCert", "strReader strPIN iFlags", TEXT, READ,
     .run = gpki_get_attribute_cert},
    {"SetCodePage", "codePage", STATUS, SEE, .run = gpki_set_code_page},
    {"GPKI_GetSlotCount", "", NUMBER, SEE, .run = gpki_get_slot_count},
    {"GPKI_VerifyPIN", "bPIN iFlags", STATUS, SIGN, .run = gpki_verify_pin},
    {"GPKI_GetErrorPINCount", "", NUMBER, SEE, .run = gpki_get_error_pin_count},
    {"GetVersion", "flag", TEXT, SEE, .run = gpki_get_version},
    {"GPKI_SignData", "sOptPIN sData signcodepage iFlags iHashFlag", TEXT, SIGN,
     .run = gpki_sign_data},
    {"GPKI_SignDataUpdate", "sData signcodepage iFlags iHashFlag", TEXT, SIGN,
     .run = gpki_sign_data_update},
    {"GPKI_PureSign", "sOptPIN sData signcodepage iFlags iHashFlag", TEXT, SIGN,
     .run = gpki_pure_sign},
    {"CryptCertGetSignatureAlgorithm", "strCert iFlags index", TEXT, SEE,
     .run = gpki_cert_signature_algorithm},
    {"CryptSignatureGetAlgorithm", "strSignature iFlags index", TEXT, SEE,
     .run = gpki_signature_algorithm},
    {"GPKI_SignInitLogin", "sOptPIN lFlags", STATUS, SIGN, .run = gpki_sign_init},
    {"GPKI_DetectCard", "iFlags", NUMBER, SEE, .run = gpki_detect_card},
    {"GPKI_GetCachedCert", "", TEXT, READ, .run = gpki_get_cached_cert},
    {"GPKI_CertGetSubjectDirectoryAttrs", "strCert strOID iFlags", TEXT, SEE,
     .run = gpki_directory_attribute},
    {"CryptCertGetExtension", "strCert iFlags", TEXT, SEE, .run = gpki_cert_extensions},
    {"SetDialogString", "dlgID IDS value", STATUS, SEE, .run = gpki_set_dialog_string},
    {.name = NULL},
};

const struct hufu_component hufu_gpki = {.name = "gpki", .functions = functions};
