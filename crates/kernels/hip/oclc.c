// What ocml may assume of the target. Compiled to bitcode and linked beside ocml, so that the
// compiler folds each constant.
#define OCLC(type, name, value) \
    const __attribute__((address_space(4), visibility("protected"))) type __oclc_##name = value;

OCLC(unsigned char, finite_only_opt, 0)
OCLC(unsigned char, unsafe_math_opt, 0)
OCLC(unsigned char, daz_opt, 0)
OCLC(unsigned char, correctly_rounded_sqrt32, 1)
OCLC(unsigned char, wavefrontsize64, REDWICK_WAVE == 64)
OCLC(unsigned int, ISA_version, REDWICK_ISA)
