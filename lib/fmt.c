/* snprintf for the kernel: no floating point, no memory, no lock, so that every context may use it.
 */
#include "printk.h"

enum { LEFT = 1, ZERO = 2, PLUS = 4, SPACE = 8, ALTERNATE = 16, UPPER = 32, NEGATIVE = 64 };

/* One conversion of the format, as far as it was read. */
struct spec {
	unsigned flags;
	int width, precision; /* precision -1: none given */
	int size;             /* bytes of an integer argument */
};

struct out {
	char *buf;
	size_t size, at; /* `at` counts what the whole would take */
};

static void put(struct out *o, char c)
{
	if (o->at + 1 < o->size)
		o->buf[o->at] = c;
	o->at++;
}

static void pad(struct out *o, char c, int n)
{
	while (n-- > 0)
		put(o, c);
}

static void put_string(struct out *o, const struct spec *s, const char *text)
{
	if (!text)
		text = "(null)";
	int len = 0;
	while ((s->precision < 0 || len < s->precision) && text[len])
		len++;
	if (!(s->flags & LEFT))
		pad(o, ' ', s->width - len);
	for (int i = 0; i < len; i++)
		put(o, text[i]);
	if (s->flags & LEFT)
		pad(o, ' ', s->width - len);
}

/* The sign or base mark that goes before the digits. */
static const char *prefix_of(const struct spec *s, unsigned base, uint64_t v)
{
	if (s->flags & NEGATIVE)
		return "-";
	if (s->flags & PLUS)
		return "+";
	if (s->flags & SPACE)
		return " ";
	if (s->flags & ALTERNATE && base == 16 && v)
		return s->flags & UPPER ? "0X" : "0x";
	return s->flags & ALTERNATE && base == 8 ? "0" : "";
}

static void put_number(struct out *o, const struct spec *s, uint64_t v, unsigned base)
{
	const char *digits = s->flags & UPPER ? "0123456789ABCDEF" : "0123456789abcdef";
	char text[24];
	int len = 0;
	for (uint64_t rest = v; rest || !len; rest /= base) {
		text[len++] = digits[rest % base];
		if (rest < base)
			break;
	}
	if (!v && s->precision == 0)
		len = 0;
	const char *prefix = prefix_of(s, base, v);
	int zeros = MAX(s->precision - len, 0), total = len + zeros + (int)strlen(prefix);
	if (s->flags & ZERO && !(s->flags & LEFT) && s->precision < 0) {
		zeros += MAX(s->width - total, 0);
		total = MAX(total, s->width);
	}
	if (!(s->flags & LEFT))
		pad(o, ' ', s->width - total);
	while (*prefix)
		put(o, *prefix++);
	pad(o, '0', zeros);
	while (len)
		put(o, text[--len]);
	if (s->flags & LEFT)
		pad(o, ' ', s->width - total);
}

static const char *read_flags(const char *f, struct spec *s)
{
	for (;; f++) {
		switch (*f) {
		case '-':
			s->flags |= LEFT;
			break;
		case '0':
			s->flags |= ZERO;
			break;
		case '+':
			s->flags |= PLUS;
			break;
		case ' ':
			s->flags |= SPACE;
			break;
		case '#':
			s->flags |= ALTERNATE;
			break;
		default:
			return f;
		}
	}
}

static const char *read_number(const char *f, int *n, va_list *ap)
{
	if (*f == '*') {
		*n = va_arg(*ap, int);
		return f + 1;
	}
	for (*n = 0; *f >= '0' && *f <= '9'; f++)
		*n = *n * 10 + (*f - '0');
	return f;
}

static const char *read_size(const char *f, struct spec *s)
{
	s->size = sizeof(int);
	for (;; f++) {
		if (*f == 'h')
			s->size = s->size == sizeof(short) ? sizeof(char) : sizeof(short);
		else if (*f == 'l' || *f == 'z' || *f == 't' || *f == 'j')
			s->size = sizeof(long long);
		else
			return f;
	}
}

static const char *read_spec(const char *f, struct spec *s, va_list *ap)
{
	*s = (struct spec){.precision = -1};
	f = read_number(read_flags(f, s), &s->width, ap);
	if (s->width < 0) {
		s->flags |= LEFT;
		s->width = -s->width;
	}
	if (*f == '.')
		f = read_number(f + 1, &s->precision, ap);
	return read_size(f, s);
}

static uint64_t unsigned_arg(const struct spec *s, va_list *ap)
{
	if (s->size == sizeof(long long))
		return va_arg(*ap, unsigned long long);
	unsigned v = va_arg(*ap, unsigned);
	return s->size == sizeof(short) ? (uint16_t)v : s->size == sizeof(char) ? (uint8_t)v : v;
}

static int64_t signed_arg(const struct spec *s, va_list *ap)
{
	if (s->size == sizeof(long long))
		return va_arg(*ap, long long);
	int v = va_arg(*ap, int);
	return s->size == sizeof(short) ? (int16_t)v : s->size == sizeof(char) ? (int8_t)v : v;
}

static void convert(struct out *o, char c, struct spec *s, va_list *ap)
{
	switch (c) {
	case 'd':
	case 'i': {
		int64_t v = signed_arg(s, ap);
		s->flags |= v < 0 ? NEGATIVE : 0;
		put_number(o, s, v < 0 ? 0 - (uint64_t)v : (uint64_t)v, 10);
		break;
	}
	case 'u':
	case 'o':
	case 'x':
	case 'X':
		s->flags &= ~(unsigned)(PLUS | SPACE);
		s->flags |= c == 'X' ? UPPER : 0;
		put_number(o, s, unsigned_arg(s, ap), c == 'u' ? 10 : c == 'o' ? 8 : 16);
		break;
	case 'p':
		s->flags |= ALTERNATE;
		put_number(o, s, (uintptr_t)va_arg(*ap, void *), 16);
		break;
	case 'c':
		pad(o, ' ', s->flags & LEFT ? 0 : s->width - 1);
		put(o, (char)va_arg(*ap, int));
		pad(o, ' ', s->flags & LEFT ? s->width - 1 : 0);
		break;
	case 's':
		put_string(o, s, va_arg(*ap, const char *));
		break;
	case '%':
		put(o, '%');
		break;
	default: /* what it is not known to mean is shown as it stands */
		put(o, '%');
		put(o, c);
	}
}

int fmt_vstring(char *buf, size_t size, const char *fmt, va_list args)
{
	struct out o = {.buf = buf, .size = size};
	va_list ap;
	va_copy(ap, args);
	while (*fmt) {
		if (*fmt != '%') {
			put(&o, *fmt++);
			continue;
		}
		struct spec s;
		fmt = read_spec(fmt + 1, &s, &ap);
		if (*fmt)
			convert(&o, *fmt++, &s, &ap);
	}
	va_end(ap);
	if (size)
		buf[MIN(o.at, size - 1)] = 0;
	return (int)o.at;
}

int fmt_string(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = fmt_vstring(buf, size, fmt, ap);
	va_end(ap);
	return n;
}
