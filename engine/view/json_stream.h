/* engine/view/json_stream.h - events as messages of the UI stream. Layer: engine/view, inside. */
#ifndef IAC_VIEW_JSON_STREAM_H
#define IAC_VIEW_JSON_STREAM_H
#include "engine/view/view.h"

/* One line with its newline, or nothing for events that the stream has no message for. */
void iac_json_stream_event(iac_buf *out, const iac_event *event);
/* The event's sentence: for people, or in the words of the stream. */
void iac_view_event_line(iac_buf *out, const iac_event *event, bool json);
/* The next line of a text in which each of \n, \r and \r\n ends one; false when there is none. */
bool iac_view_next_line(iac_str text, size_t *at, iac_str *ret);
#endif
