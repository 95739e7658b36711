#include "engine/view/html.h"

void iac_html_text(iac_buf *out, iac_str text)
{
    for (size_t i = 0; i < text.n; i++) {
        switch (text.p[i]) {
        case '<':
            iac_buf_cstr(out, "&lt;");
            break;
        case '>':
            iac_buf_cstr(out, "&gt;");
            break;
        case '&':
            iac_buf_cstr(out, "&amp;");
            break;
        case '"':
            iac_buf_cstr(out, "&quot;");
            break;
        case '\'':
            iac_buf_cstr(out, "&#39;");
            break;
        default:
            if ((unsigned char)text.p[i] >= 0x20 || text.p[i] == '\n' || text.p[i] == '\t')
                iac_buf_char(out, text.p[i]);
        }
    }
}
