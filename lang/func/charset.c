/* The character encodings of textencodebase64 and textdecodebase64: those that Terraform has, by their names in the
 * registry of IANA, for the C library has more of them and other names. */
#include "lang/func/func_internal.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>
#include <strings.h>

struct charset {
    const char *name;  /* IANA's preferred, as messages show it */
    const char *iconv; /* the C library's */
    const char *aliases; /* with a blank before and behind each */
};

static const struct charset charsets[] = {
    { "US-ASCII", "ASCII", " us iso-ir-6 ansi_x3.4-1968 iso646-us csascii " },
    { "UTF-8", "UTF-8", " csutf8 " },
    { "UTF-16", "UTF-16", " csutf16 " },
    { "UTF-16BE", "UTF-16BE", " csutf16be " },
    { "UTF-16LE", "UTF-16LE", " csutf16le " },
    { "ISO_8859-1:1987", "ISO-8859-1", " iso-8859-1 iso_8859-1 latin1 l1 iso-ir-100 ibm819 cp819 csisolatin1 " },
    { "ISO_8859-2:1987", "ISO-8859-2", " iso-8859-2 iso_8859-2 latin2 l2 iso-ir-101 csisolatin2 " },
    { "ISO_8859-3:1988", "ISO-8859-3", " iso-8859-3 iso_8859-3 latin3 l3 iso-ir-109 csisolatin3 " },
    { "ISO_8859-4:1988", "ISO-8859-4", " iso-8859-4 iso_8859-4 latin4 l4 iso-ir-110 csisolatin4 " },
    { "ISO_8859-5:1988", "ISO-8859-5", " iso-8859-5 iso_8859-5 cyrillic iso-ir-144 csisolatincyrillic " },
    { "ISO_8859-6:1987", "ISO-8859-6",
      " iso-8859-6 iso_8859-6 arabic asmo-708 ecma-114 iso-ir-127 csisolatinarabic " },
    { "ISO_8859-7:1987", "ISO-8859-7",
      " iso-8859-7 iso_8859-7 greek greek8 elot_928 ecma-118 iso-ir-126 csisolatingreek " },
    { "ISO_8859-8:1988", "ISO-8859-8", " iso-8859-8 iso_8859-8 hebrew iso-ir-138 csisolatinhebrew " },
    { "ISO_8859-9:1989", "ISO-8859-9", " iso-8859-9 iso_8859-9 latin5 l5 iso-ir-148 csisolatin5 " },
    { "ISO-8859-10", "ISO-8859-10", " iso_8859-10:1992 latin6 l6 iso-ir-157 csisolatin6 " },
    { "ISO-8859-13", "ISO-8859-13", " csiso885913 " },
    { "ISO-8859-14", "ISO-8859-14", " iso_8859-14 iso_8859-14:1998 latin8 l8 iso-celtic iso-ir-199 csiso885914 " },
    { "ISO-8859-15", "ISO-8859-15", " iso_8859-15 latin-9 csiso885915 " },
    { "ISO-8859-16", "ISO-8859-16", " iso_8859-16 iso_8859-16:2001 latin10 l10 iso-ir-226 csiso885916 " },
    { "KOI8-R", "KOI8-R", " cskoi8r " },
    { "KOI8-U", "KOI8-U", " cskoi8u " },
    { "macintosh", "MACINTOSH", " mac csmacintosh " },
    { "windows-874", "CP874", " cswindows874 " },
    { "windows-1250", "CP1250", " cswindows1250 " },
    { "windows-1251", "CP1251", " cswindows1251 " },
    { "windows-1252", "CP1252", " cswindows1252 " },
    { "windows-1253", "CP1253", " cswindows1253 " },
    { "windows-1254", "CP1254", " cswindows1254 " },
    { "windows-1255", "CP1255", " cswindows1255 " },
    { "windows-1256", "CP1256", " cswindows1256 " },
    { "windows-1257", "CP1257", " cswindows1257 " },
    { "windows-1258", "CP1258", " cswindows1258 " },
    { "IBM037", "CP037", " cp037 ebcdic-cp-us ebcdic-cp-ca ebcdic-cp-wt ebcdic-cp-nl csibm037 " },
    { "IBM437", "CP437", " cp437 437 cspc8codepage437 " },
    { "IBM850", "CP850", " cp850 850 cspc850multilingual " },
    { "IBM852", "CP852", " cp852 852 cspcp852 " },
    { "IBM855", "CP855", " cp855 855 csibm855 " },
    { "IBM00858", "CP858", " ccsid00858 cp00858 pc-multilingual-850+euro csibm00858 " },
    { "IBM860", "CP860", " cp860 860 csibm860 " },
    { "IBM862", "CP862", " cp862 862 cspc862latinhebrew " },
    { "IBM863", "CP863", " cp863 863 csibm863 " },
    { "IBM865", "CP865", " cp865 865 csibm865 " },
    { "IBM866", "CP866", " cp866 866 csibm866 " },
    { "IBM1047", "CP1047", " ibm-1047 csibm1047 " },
    { "IBM01140", "CP1140", " ccsid01140 cp01140 ebcdic-us-37+euro csibm01140 " },
    { "Shift_JIS", "CP932", " ms_kanji csshiftjis " },
    { "EUC-JP", "EUC-JP", " extended_unix_code_packed_format_for_japanese cseucpkdfmtjapanese " },
    { "ISO-2022-JP", "ISO-2022-JP", " csiso2022jp " },
    { "EUC-KR", "CP949", " cseuckr " },
    { "GBK", "GBK", " cp936 ms936 windows-936 csgbk " },
    { "GB18030", "GB18030", " csgb18030 " },
    { "Big5", "BIG5-HKSCS", " csbig5 " },
};

/* Whether the name, in whatever case, is one of the words. */
static bool is_alias(const char *words, iac_str name)
{
    for (const char *word = words + 1; *word;) {
        size_t n = strcspn(word, " ");
        if (n == name.n && strncasecmp(word, name.p, n) == 0)
            return true;
        word += n + (word[n] == ' ');
    }
    return false;
}

/* The encoding that the second argument names, or NULL with the error noted. */
static const struct charset *arg_charset(iac_call *call)
{
    iac_str name = iac_arg_str(call, 1);
    for (size_t i = 0; i < IAC_COUNT(charsets); i++) {
        const struct charset *charset = &charsets[i];
        if ((strlen(charset->name) == name.n && strncasecmp(charset->name, name.p, name.n) == 0) ||
            is_alias(charset->aliases, name))
            return charset;
    }
    iac_str quoted = iac_call_quote(call, name);
    return iac_call_fail(call, 1, "%.*s is not a supported IANA encoding name or alias in this Terraform version",
                         IAC_FMT(quoted));
}

/* in from one encoding to another; false when it holds what one of them has not. */
static bool recode(const char *to, const char *from, iac_str in, iac_buf *out)
{
    iconv_t cd = iconv_open(to, from);
    char *p = (char *)(uintptr_t)in.p, chunk[4096];
    size_t left = in.n;
    bool flushed = false, ok = cd != (iconv_t)-1;
    while (ok && !flushed) {
        char *at = chunk;
        size_t room = sizeof(chunk);
        flushed = left == 0;
        size_t rc = flushed ? iconv(cd, NULL, NULL, &at, &room) : iconv(cd, &p, &left, &at, &room);
        iac_buf_add(out, chunk, sizeof(chunk) - room);
        if (rc == (size_t)-1) {
            ok = errno == E2BIG;
            flushed = false;
        }
    }
    if (cd != (iconv_t)-1)
        iconv_close(cd);
    return ok;
}

static bool is_utf16(const struct charset *charset)
{
    return strcmp(charset->name, "UTF-16") == 0;
}

/* UTF-16 without more in its name is written big end first, behind a mark. */
const iac_value *iac_fn_textencodebase64(iac_call *call)
{
    const struct charset *charset = arg_charset(call);
    if (!charset)
        return NULL;
    iac_buf bytes, text;
    iac_buf_init(&bytes, IAC_BUF_UNLIMITED);
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    if (is_utf16(charset))
        iac_buf_add(&bytes, "\xfe\xff", 2);
    bool ok = recode(is_utf16(charset) ? "UTF-16BE" : charset->iconv, "UTF-8", iac_arg_str(call, 0), &bytes);
    iac_base64_encode(&text, iac_buf_view(&bytes));
    iac_buf_clear(&bytes);
    const iac_value *v = iac_buf_to_value(call->arena, &text);
    if (ok)
        return v;
    return iac_call_fail(call, 0, "the given string contains characters that cannot be represented in %s",
                         charset->name);
}

/* ... and read so where there is no mark. */
static const char *encoding_of(const struct charset *charset, iac_str bytes)
{
    bool marked = iac_str_starts(bytes, IAC_STR("\xfe\xff")) || iac_str_starts(bytes, IAC_STR("\xff\xfe"));
    return is_utf16(charset) && !marked ? "UTF-16BE" : charset->iconv;
}

const iac_value *iac_fn_textdecodebase64(iac_call *call)
{
    const struct charset *charset = arg_charset(call);
    if (!charset)
        return NULL;
    iac_buf bytes, text;
    size_t at;
    const iac_value *v = NULL;
    iac_buf_init(&bytes, IAC_BUF_UNLIMITED);
    iac_buf_init(&text, IAC_BUF_UNLIMITED);
    if (!iac_base64_decode(&bytes, iac_arg_str(call, 0), &at))
        iac_call_fail(call, 0, "the given value is has an invalid base64 symbol at offset %zu", at);
    else if (!recode("UTF-8", encoding_of(charset, iac_buf_view(&bytes)), iac_buf_view(&bytes), &text))
        iac_call_fail(call, 0, "the given string contains symbols that are not defined for %s", charset->name);
    else
        v = iac_value_string(call->arena, iac_buf_view(&text));
    iac_buf_clear(&bytes);
    iac_buf_clear(&text);
    return v;
}
