/*
 * counts_mean.c - see counts_mean.h.
 *
 *   mean   m = (x1 + … + xn) / n
 *   spread s = sqrt(((x1 - m)^2 + … + (xn - m)^2) / (n - 1))
 *   95 % interval of the mean: m ± t(n - 1) * s / sqrt(n)
 *
 * t is the 97.5 % quantile of Student's distribution with n - 1 degrees of freedom ("Student", The
 * probable error of a mean, Biometrika 6, 1908): few runs give a wide interval, as they should. The
 * interval takes runs as independent and about normally distributed; caches that the first run
 * fills break the first, so the figure is a help, not a proof.
 */
#include "report/counts_mean.h"

#include <math.h>

/*
 * Exact to the digits shown, as in any table of the distribution (NIST/SEMATECH e-Handbook of
 * Statistical Methods, 1.3.6.7.2).
 */
static const double quantiles[] = {
	12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281,
	2.2010,	 2.1788, 2.1604, 2.1448, 2.1314, 2.1199, 2.1098, 2.1009, 2.0930, 2.0860,
	2.0796,	 2.0739, 2.0687, 2.0639, 2.0595, 2.0555, 2.0518, 2.0484, 2.0452, 2.0423,
};

double mean_student_t(size_t freedom)
{
	static const size_t known = sizeof(quantiles) / sizeof(quantiles[0]);
	const double z = 1.959964, v = (double)freedom;

	if (freedom < 1)
		return NAN;
	if (freedom <= known)
		return quantiles[freedom - 1];
	/*
	 * Expansion around the normal quantile z: Abramowitz and Stegun, Handbook of Mathematical
	 * Functions, 26.7.5, first two terms; from 31 degrees on off by less than 1e-4.
	 */
	return z + (pow(z, 3) + z) / (4 * v) +
	       (5 * pow(z, 5) + 16 * pow(z, 3) + 3 * z) / (96 * v * v);
}

struct mean mean_of(const double *values, size_t count)
{
	struct mean mean = { 0, NAN, NAN };
	double sum = 0, squares = 0;

	for (size_t i = 0; i < count; i++) {
		if (isnan(values[i]))
			continue;
		sum += values[i];
		mean.runs++;
	}
	if (!mean.runs)
		return mean;
	mean.value = sum / (double)mean.runs;
	for (size_t i = 0; i < count; i++) {
		const double off = values[i] - mean.value;

		if (!isnan(off))
			squares += off * off;
	}
	if (mean.runs > 1)
		mean.half = mean_student_t(mean.runs - 1) *
			    sqrt(squares / (double)(mean.runs - 1) / (double)mean.runs);
	return mean;
}
