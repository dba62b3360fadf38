/* SPDX-License-Identifier: Apache-2.0 */
/* The functions behind the rows of view_list.c, one per view_<kind>.c. */
#ifndef SC_VIEW_VIEW_LIST_H
#define SC_VIEW_VIEW_LIST_H

#include "view/view.h"

socle_status sc_view_curves(sc_figure *figure, const sc_view_request *request);
socle_status sc_view_confusion(sc_figure *figure, const sc_view_request *request);
socle_status sc_view_mistakes(sc_figure *figure, const sc_view_request *request);
socle_status sc_view_roc(sc_figure *figure, const sc_view_request *request);
socle_status sc_view_calibration(sc_figure *figure, const sc_view_request *request);
socle_status sc_view_filters(sc_figure *figure, const sc_view_request *request);
socle_status sc_view_features(sc_figure *figure, const sc_view_request *request);
socle_status sc_view_histograms(sc_figure *figure, const sc_view_request *request);
socle_status sc_view_network(sc_figure *figure, const sc_view_request *request);
socle_status sc_view_saliency(sc_figure *figure, const sc_view_request *request);
socle_status sc_view_boundary(sc_figure *figure, const sc_view_request *request);
socle_status sc_view_regions(sc_figure *figure, const sc_view_request *request);
socle_status sc_view_errors(sc_figure *figure, const sc_view_request *request);
socle_status sc_view_fit(sc_figure *figure, const sc_view_request *request);
socle_status sc_view_gradients(sc_figure *figure, const sc_view_request *request);
socle_status sc_view_landscape(sc_figure *figure, const sc_view_request *request);
socle_status sc_view_latent(sc_figure *figure, const sc_view_request *request);
socle_status sc_view_excites(sc_figure *figure, const sc_view_request *request);
socle_status sc_view_coefficients(sc_figure *figure, const sc_view_request *request);
socle_status sc_view_adversarial(sc_figure *figure, const sc_view_request *request);

#endif
