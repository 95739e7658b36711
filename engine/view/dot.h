/* engine/view/dot.h - graphs in the DOT language. Layer: engine/view. */
#ifndef IAC_VIEW_DOT_H
#define IAC_VIEW_DOT_H
#include "engine/plan/drawing.h"

void iac_dot_resources(iac_buf *out, const iac_drawing *drawing); /* of IAC_DRAWING_RESOURCES */
void iac_dot_graph(iac_buf *out, const iac_drawing *drawing);     /* of the other kinds */
#endif
