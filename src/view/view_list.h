/* SPDX-License-Identifier: Apache-2.0 */
/* The functions behind the rows of view_list.c, one per view_<kind>.c. */
#ifndef SC_VIEW_VIEW_LIST_H
#define SC_VIEW_VIEW_LIST_H

#include "view/view.h"

socle_status sc_view_curves(sc_figure *figure, const sc_view_request *request);

#endif
