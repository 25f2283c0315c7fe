/*
 * counts_mean.h - the mean of what repeated runs gave, and how far it can be trusted.
 */
#ifndef PMC_REPORT_COUNTS_MEAN_H
#define PMC_REPORT_COUNTS_MEAN_H

#include <stddef.h>

struct mean {
	size_t runs;	/* values that are numbers */
	double value;	/* their mean; NaN: there are none */
	double half;	/* the 95 % interval of the mean is value ± half; NaN below two runs */
};

/* NaNs among the values are left out. */
struct mean mean_of(const double *values, size_t count);

/* Student's t for 95 % between -t and t, with `freedom` degrees of freedom, 1 at least. */
double mean_student_t(size_t freedom);

#endif
