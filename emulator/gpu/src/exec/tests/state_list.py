"""Operations on EXEC, SCC, modes, carries and other lanes, and program flow. See operations.py."""
from fractions import Fraction

from operations import bits_of, memory, samples, value_of

ADDRESS = 0x1000


def pattern(bits):
    return f"0b{bits & 255:08b}"


# EXEC and the source as eight bits that repeat.
EXEC, SOURCE = 0b00001111, 0b00110101
for name, formula in (
    ("and", lambda s, e: s & e), ("or", lambda s, e: s | e), ("xor", lambda s, e: s ^ e), ("nand", lambda s, e: ~(s & e)),
    ("nor", lambda s, e: ~(s | e)), ("xnor", lambda s, e: ~(s ^ e)), ("andn1", lambda s, e: ~s & e),
    ("andn2", lambda s, e: s & ~e), ("orn1", lambda s, e: ~s | e), ("orn2", lambda s, e: s | ~e),
):
    new = {"n1": "_not0", "n2": "_not1"}.get(name[-2:], "")
    for size in (32, 64):
        word = SOURCE * 0x01010101
        saved = [f"s{i}={EXEC * 0x01010101:#x}" for i in range(size // 32)]
        operands = "s0, s4" if size == 32 else "s[0:1], s[4:5]"
        before = [f"exec={pattern(EXEC)}", f"s4={word:#x}", f"s5={word:#x}"]
        after = [f"exec={pattern(formula(SOURCE, EXEC))}", "scc=1"]
        spelled = [f"s_{name}_saveexec_b{size} {operands}"] + ([f"s_{name[:-2]}{new}_saveexec_b{size} {operands}"] if new else [])
        # On a wave of 32 the high word of EXEC is nothing to save.
        memory(spelled, before, after + saved[:1])
        if name in ("andn1", "andn2"):
            result = (formula(SOURCE, EXEC) & 255) * 0x01010101
            memory([text.replace("saveexec", "wrexec") for text in spelled], before, after + [f"s0={result:#x}"])

# Accumulating operations, and those with a constant of their own.
THREE = {"f16": 0x4200, "f32": 0x40400000}


def listed(values):
    return ",".join(hex(value) for value in values)


for kind in ("f16", "f32", "f64"):
    a, b, c = (samples(kind, i, False) for i in range(3))
    if kind == "f64":
        continue
    results = lambda formula: [bits_of(kind, formula(*[Fraction(value_of(kind, x)) for x in xs])) for xs in zip(a, b, c)]
    fused = results(lambda x, y, z: x * y + z)
    before = [f"v4={listed(a)}", f"v6={listed(b)}", f"v0={listed(c)}"]
    for half in ("", ".l"):
        memory([f"v_fmac_{kind} v0{half}, v4{half}, v6{half}"], before, [f"v0={listed(fused)}"])
        with_three = results(lambda x, y, z: x * y + 3)
        memory([f"v_fmaak_{kind} v0{half}, v4{half}, v6{half}, {THREE[kind]:#x}"], before[:2] + ["v0=0"], [f"v0={listed(with_three)}"])
        times_three = results(lambda x, y, z: x * 3 + y)
        memory([f"v_fmamk_{kind} v0{half}, v4{half}, {THREE[kind]:#x}, v6{half}"], before[:2] + ["v0=0"], [f"v0={listed(times_three)}"])
    exact = [bits_of(kind, Fraction(x)) for x in (1, 2, 3, 4, 5, 6, 7, 8)]
    simple = [bits_of(kind, Fraction(x * 2 + 3)) for x in range(1, 9)]
    mad = [f"v4={listed(exact)}", f"v6={bits_of(kind, Fraction(2)):#x}", f"v0={THREE[kind]:#x}", f"v8={THREE[kind]:#x}"]
    memory([f"v_mac_{kind} v0, v4, v6"], mad, [f"v0={listed(simple)}"])
    memory([f"v_madak_{kind} v0, v4, v6, {THREE[kind]:#x}"], mad, [f"v0={listed(simple)}"])
    memory([f"v_madmk_{kind} v0, v4, {bits_of(kind, Fraction(2)):#x}, v8"], mad, [f"v0={listed(simple)}"])
    for n in ("mad", "mad_legacy", "fma_legacy", "fma_dx9_zero"):
        memory([f"v_{n}_{kind} v0, v4, v6, v8"], mad[:2] + [mad[3], "v0=0"], [f"v0={listed(simple)}"])
    memory([f"s_fmac_{kind} s0, s4, s6"], [f"s4={exact[4]:#x}", f"s6={exact[1]:#x}", f"s0={THREE[kind]:#x}"], [f"s0={simple[4]:#x}"])
memory(["v_fmac_legacy_f32 v0, v4, v6", "v_fmac_dx9_zero_f32 v0, v4, v6"], ["v4=0.0f", "v6=0x7f800000", "v0=3.0f"], ["v0=3.0f"])
memory(["s_fmaak_f32 s0, s4, s6, 0x40400000"], ["s4=5.0f", "s6=2.0f"], ["s0=13.0f"])
memory(["s_fmamk_f32 s0, s4, 0x40400000, s6"], ["s4=5.0f", "s6=2.0f"], ["s0=17.0f"])
memory(["v_fmac_f64 v[0:1], v[4:5], v[6:7]"], ["v0=0", "v1=0x40080000", "v4=0", "v5=0x40140000", "v6=0", "v7=0x40000000"], ["v0=0", "v1=0x402a0000"])
memory(["v_pk_fmac_f16 v0, v4, v6"], ["v0=0x42003c00", "v4=0x40004000", "v6=0x44004200"], ["v0=0x49804700"])
for n, value in (("v_dot2c_f32_f16", "1.0f"), ("v_dot2acc_f32_f16", "1.0f")):
    memory([f"{n} v0, v4, v6"], ["v0=1.0f", "v4=0x3c004000", "v6=0x42003800"], ["v0=5.0f"])
memory(["v_dot2acc_f32_bf16 v0, v4, v6"], ["v0=1.0f", "v4=0x3f804000", "v6=0x40403f00"], ["v0=5.0f"])
memory(["v_dot2_f32_bf16 v0, v4, v6, v8"], ["v8=1.0f", "v4=0x3f804000", "v6=0x40403f00"], ["v0=5.0f"])
memory(["v_dot2_f16_f16 v0.l, v4, v6, v8.l", "v_dot2_f16_f16 v0, v4, v6, v8"], ["v0=0", "v8=0x3c00", "v4=0x3c004000", "v6=0x42003800"], ["v0=0x4500"])
memory(["v_dot2_bf16_bf16 v0.l, v4, v6, v8.l", "v_dot2_bf16_bf16 v0, v4, v6, v8"], ["v0=0", "v8=0x3f80", "v4=0x3f804000", "v6=0x40403f00"], ["v0=0x40a0"])
memory(["v_dot4c_i32_i8 v0, v4, v6"], ["v0=100", "v4=0xff020304", "v6=0x02020202"], ["v0=116"])
memory(["v_dot8c_i32_i4 v0, v4, v6"], ["v0=100", "v4=0xf0000002", "v6=0x20000003"], ["v0=104"])
memory(["v_dot2c_i32_i16 v0, v4, v6"], ["v0=100", "v4=0xffff0002", "v6=0x00050003"], ["v0=101"])

# Scalars that look at SCC or at what they replace.
for n, test in (("eq", lambda a, b: a == b), ("lg", lambda a, b: a != b), ("gt", lambda a, b: a > b), ("ge", lambda a, b: a >= b),
                ("lt", lambda a, b: a < b), ("le", lambda a, b: a <= b)):
    for a in (-3, -2, 5):
        memory([f"s_cmpk_{n}_i32 s4, 0xfffe"], [f"s4={a}"], [f"scc={int(test(a, -2))}"])
        memory([f"s_cmpk_{n}_u32 s4, 0xfffe"], [f"s4={a}"], [f"scc={int(test(a % 2**32, 0xFFFE))}"])
    memory([f"s_cmpk_{n}_u32 s4, 0xfffe"], ["s4=0xfffe"], [f"scc={int(test(1, 1))}"])
for scc in (0, 1):
    memory(["s_cmov_b32 s0, s4"], [f"scc={scc}", "s0=7", "s4=9"], [f"s0={9 if scc else 7}"])
    memory(["s_cmov_b64 s[0:1], s[4:5]"], [f"scc={scc}", "s1=7", "s5=9"], [f"s1={9 if scc else 7}"])
    memory(["s_cmovk_i32 s0, 0xffff"], [f"scc={scc}", "s0=7"], [f"s0={-1 if scc else 7}"])
    memory(["s_cselect_b64 s[0:1], s[4:5], s[6:7]"], [f"scc={scc}", "s4=7", "s5=8", "s6=9", "s7=10"], [f"s0={7 if scc else 9}", f"s1={8 if scc else 10}"])
    memory(["s_addc_u32 s0, s4, s6", "s_add_co_ci_u32 s0, s4, s6"], [f"scc={scc}", "s4=0xffffffff", "s6=3"], [f"s0={2 + scc}", "scc=1"])
    memory(["s_subb_u32 s0, s4, s6", "s_sub_co_ci_u32 s0, s4, s6"], [f"scc={scc}", "s4=3", "s6=3"], [f"s0={-scc}", f"scc={scc}"])
    for name, taken in (("s_cbranch_scc0", 1 - scc), ("s_cbranch_scc1", scc)):
        memory([f"{name} 0"], [f"scc={scc}"], [f"scc={scc}"])
memory(["s_mulk_i32 s0, 0xfffe", "s_mulk_i32 s0, 0xfffe"], ["s0=5"], ["s0=-10"])
memory(["s_addk_i32 s0, 1", "s_addk_co_i32 s0, 1"], ["s0=0x7fffffff"], ["s0=0x80000000", "scc=1"])
memory(["s_bfe_i64 s[0:1], s[4:5], 0x40004"], ["s4=0x80", "s5=0"], ["s0=0xfffffff8", "s1=0xffffffff", "scc=1"])
memory(["s_bfe_i32 s0, s4, 0x40004"], ["s4=0x80"], ["s0=0xfffffff8"])
memory(["s_bitset0_b32 s0, s4"], ["s0=0xff", "s4=35"], ["s0=0xf7"])
memory(["s_movrels_b32 s0, s4"], ["m0=3", "s7=9"], ["s0=9"])
memory(["s_movrels_b64 s[0:1], s[4:5]"], ["m0=2", "s6=9", "s7=8"], ["s0=9", "s1=8"])
memory(["s_movreld_b32 s0, s4"], ["m0=3", "s4=9"], ["s3=9"])
memory(["s_movreld_b64 s[0:1], s[4:5]"], ["m0=2", "s4=9", "s5=8"], ["s2=9", "s3=8"])
memory(["v_movrels_b32 v0, v4"], ["m0=3", "v7=lane"], ["v0=lane"])
memory(["v_movreld_b32 v0, v4"], ["m0=3", "v4=lane"], ["v3=lane"])

# Registers of the hardware, messages and hints.
memory(["s_getreg_b32 s0, hwreg(HW_REG_MODE, 4, 4)", "s_getreg_b32 s0, hwreg(HW_REG_WAVE_MODE, 4, 4)"], ["mode=0xa0"], ["s0=10"])
memory(["s_setreg_imm32_b32 hwreg(HW_REG_MODE, 4, 2), 1", "s_setreg_imm32_b32 hwreg(HW_REG_WAVE_MODE, 4, 2), 1"], ["mode=0xf0"], ["mode=0xd0"])
memory(["s_setreg_b32 hwreg(HW_REG_MODE, 0, 4), s4", "s_setreg_b32 hwreg(HW_REG_WAVE_MODE, 0, 4), s4"], ["mode=0xf0", "s4=5"], ["mode=0xf5"])
memory(["s_round_mode 5"], ["mode=0xf0"], ["mode=0xf5"])
memory(["s_denorm_mode 5"], ["mode=0xf0"], ["mode=0x50"])
memory(["s_getreg_b32 s0, hwreg(HW_REG_SHADER_CYCLES)", "s_getreg_b32 s0, hwreg(HW_REG_SHADER_CYCLES_LO)"], ["s0=7"], ["s0=0"])
memory(["s_setreg_b32 hwreg(HW_REG_FLAT_SCR_LO), s4"], ["s4=7"], ["s4=7"])
memory(["s_getreg_b32 s0, hwreg(HW_REG_FLAT_SCR_HI)"], ["s0=7"], [])
memory(["s_getreg_b32 s0, hwreg(HW_REG_HW_ID)", "s_getreg_b32 s0, hwreg(HW_REG_HW_ID1)"], ["s0=7"], ["s0=0"])
for text in ("s_memtime s[0:1]", "s_memrealtime s[0:1]", "s_sendmsg_rtn_b64 s[0:1], sendmsg(MSG_RTN_GET_REALTIME)"):
    memory([text], ["s0=7", "s1=7"], ["s0=0", "s1=0"])
memory(["s_sendmsg_rtn_b32 s0, sendmsg(MSG_RTN_GET_DOORBELL)"], ["s0=7"], ["s0=0"])
memory(["s_barrier_signal_isfirst -1"], ["scc=0"], ["scc=1"])
memory(["s_barrier_signal -1"], ["scc=0"], ["scc=0"])
for text in ("s_nop 0", "s_sleep 1", "s_setprio 1", "s_sethalt 0", "s_waitcnt 0", "s_waitcnt_vscnt null, 0", "s_waitcnt_vmcnt null, 0",
             "s_waitcnt_expcnt null, 0", "s_waitcnt_lgkmcnt null, 0", "s_waitcnt_depctr 0", "s_wait_idle", "s_wait_event 1", "s_clause 1",
             "s_delay_alu 0", "s_inst_prefetch 1", "s_set_inst_prefetch_distance 1", "s_sendmsg sendmsg(MSG_INTERRUPT)", "s_icache_inv",
             "s_wakeup", "s_incperflevel 1", "s_decperflevel 1", "s_ttracedata", "s_ttracedata_imm 1", "s_dcache_inv", "s_dcache_wb",
             "s_dcache_inv_vol", "s_dcache_wb_vol", "s_gl1_inv", "buffer_gl0_inv", "buffer_gl1_inv", "buffer_inv sc1", "buffer_invl2",
             "buffer_wbinvl1", "buffer_wbinvl1_vol", "buffer_wbl2", "v_nop", "ds_nop", "v_pipeflush", "v_clrexcp", "s_wait_loadcnt 0",
             "s_wait_storecnt 0", "s_wait_samplecnt 0", "s_wait_bvhcnt 0", "s_wait_expcnt 0", "s_wait_dscnt 0", "s_wait_kmcnt 0",
             "s_wait_loadcnt_dscnt 0", "s_wait_storecnt_dscnt 0", "s_wait_alu 0", "s_sleep_var s4", "s_prefetch_inst s[4:5], 0, s6, 0",
             "s_prefetch_data s[4:5], 0, s6, 0", "s_prefetch_inst_pc_rel 0, s6, 0", "s_prefetch_data_pc_rel 0, s6, 0",
             "s_buffer_prefetch_data s[8:11], 0, s6, 0", "global_inv", "global_wb", "global_wbinv"):
    memory([text], ["s0=7", "v0=lane"], ["s0=7", "v0=lane"])

# Flow: to where no instruction is, which only the next step would notice.
for name in ("s_branch", "s_cbranch_vccz", "s_cbranch_vccnz", "s_cbranch_execz", "s_cbranch_execnz"):
    memory([f"{name} 0"], ["s0=7"], ["s0=7"])
memory(["s_getpc_b64 s[0:1]"], ["s1=7"], [f"s0={ADDRESS + 4}", "s1=0"])
memory(["s_call_b64 s[0:1], 0"], ["s1=7"], [f"s0={ADDRESS + 4}", "s1=0"])
memory(["s_swappc_b64 s[0:1], s[4:5]"], [f"s4={ADDRESS}", "s5=0"], [f"s0={ADDRESS + 4}", "s1=0"])
memory(["s_setpc_b64 s[4:5]"], [f"s4={ADDRESS}", "s5=0"], [f"s4={ADDRESS}"])

# Carries.
CARRY = ["v4=0xffffffff,0x5,0x7fffffff,0x0", "v6=0x1,0x7,0x1,0x0"]
for vcc in ("vcc", "vcc_lo"):
    memory([f"v_add_co_u32 v0, {vcc}, v4, v6"], CARRY, ["v0=0x0,0xc,0x80000000,0x0", "vcc=0b0001"])
    memory([f"v_sub_co_u32 v0, {vcc}, v4, v6"], CARRY, ["v0=0xfffffffe,0xfffffffe,0x7ffffffe,0x0", "vcc=0b0010"])
    memory([f"v_subrev_co_u32 v0, {vcc}, v4, v6"], CARRY, ["v0=0x2,0x2,0x80000002,0x0", "vcc=0b0101"])
    for names, values, out in ((("v_addc_co_u32", "v_add_co_ci_u32"), "0x1,0xd,0x80000001,0x1", "0b0001"),
                               (("v_subb_co_u32", "v_sub_co_ci_u32"), "0xfffffffd,0xfffffffd,0x7ffffffd,0xffffffff", "0b1010"),
                               (("v_subbrev_co_u32", "v_subrev_co_ci_u32"), "0x1,0x1,0x80000001,0xffffffff", "0b1101")):
        memory([f"{n} v0, {vcc}, v4, v6, {vcc}" for n in names], [*CARRY, "vcc=all"], [f"v0={values}", f"vcc={out}"])
    memory([f"v_mad_u64_u32 v[0:1], {vcc}, v4, v6, v[8:9]", f"v_mad_co_u64_u32 v[0:1], {vcc}, v4, v6, v[8:9]"],
           ["v4=0xffffffff", "v6=0xffffffff", "v8=0x00000001", "v9=0x2,0x1"], ["v0=2", "v1=0x0,0xffffffff", "vcc=0b01"])
    memory([f"v_mad_i64_i32 v[0:1], {vcc}, v4, v6, v[8:9]", f"v_mad_co_i64_i32 v[0:1], {vcc}, v4, v6, v[8:9]"],
           ["v4=-3", "v6=5", "v8=1", "v9=0"], ["v0=-14", "v1=-1", "vcc=0"])
    memory([f"v_div_scale_f64 v[0:1], {vcc}, v[4:5], v[4:5], v[6:7]"], ["v4=0", "v5=0x40080000", "v6=0", "v7=0x3ff00000"],
           ["v0=0", "v1=0x40080000", "vcc=0"])
memory(["v_div_fmas_f64 v[0:1], v[4:5], v[6:7], v[8:9]"], ["vcc=0", "v4=0", "v5=0x40000000", "v6=0", "v7=0x40080000", "v8=0", "v9=0x3ff00000"],
       ["v0=0", "v1=0x401c0000"])
memory(["v_div_fixup_f64 v[0:1], v[4:5], v[6:7], v[8:9]"], ["v4=0", "v5=0x40000000", "v6=0", "v7=0x80000000", "v8=0", "v9=0x3ff00000"],
       ["v0=0", "v1=0xfff00000"])
for half in ("", ".l"):
    memory([f"v_div_fixup_f16 v0{half}, v4{half}, v6{half}, v8{half}"], ["v0=0", "v4=0x4000", "v6=0x4000", "v8=0xc400"], ["v0=0xc000"])
    memory([f"v_ldexp_f16 v0{half}, v4{half}, v6{half}"], ["v0=0", "v4=0x3c00", "v6=3"], ["v0=0x4800"])
    memory([f"v_cos_f16 v0{half}, v4{half}"], ["v0=0", "v4=0x3800"], ["v0=0xbc00"])
    memory([f"v_cndmask_b16 v0{half}, v4{half}, v6{half}, {vcc}" for vcc in ("vcc", "vcc_lo")], ["v0=0", "vcc=0b01", "v4=5", "v6=7"], ["v0=7,5"])
memory(["v_div_fixup_legacy_f16 v0, v4, v6, v8"], ["v4=0x4000", "v6=0x4000", "v8=0xc400"], ["v0=0xc000"])
memory(["v_cos_f32 v0, v4"], ["v4=0.5f"], ["v0=-1.0f"])
memory(["v_exp_legacy_f32 v0, v4"], ["v4=3.0f"], ["v0=8.0f"])
memory(["v_log_legacy_f32 v0, v4"], ["v4=8.0f"], ["v0=3.0f"])
memory(["v_rcp_iflag_f32 v0, v4"], ["v4=4.0f"], ["v0=0.25f"])
memory(["v_fma_mixlo_f16 v0, v4, v6, v8"], ["v0=0xaaaa0000", "v4=2.0f", "v6=3.0f", "v8=1.0f"], ["v0=0xaaaa4700"])
memory(["v_pk_add_f32 v[0:1], v[4:5], v[6:7] neg_lo:[0,1] neg_hi:[0,0]"], ["v4=3.0f", "v5=4.0f", "v6=1.0f", "v7=2.0f"], ["v0=2.0f", "v1=6.0f"])
for n in ("v_mad_legacy_u16", "v_mad_legacy_i16"):
    memory([f"{n} v0, v4, v6, v8"], ["v4=300", "v6=300", "v8=1"], ["v0=24465"])
memory(["v_mad_legacy_f16 v0, v4, v6, v8"], ["v4=0x4000", "v6=0x4200", "v8=0x3c00"], ["v0=0x4700"])
memory(["v_fma_legacy_f16 v0, v4, v6, v8"], ["v4=0x4000", "v6=0x4200", "v8=0x3c00"], ["v0=0x4700"])

# 8-bit floats: 1.5 and −2, in each target's formats.
for wide, fnuz, ocp in ((("fp8", ("0xc844", "0x44"), ("0xc03c", "0x3c"))), (("bf8", ("0xc442", "0x42"), ("0xc03e", "0x3e")))):
    for pair, one in (fnuz, ocp):
        names = ("gfx950", "gfx12") if (pair, one) == fnuz else ("gfx942",)
        memory([f"v_cvt_f32_{wide} v0, v4"], [f"v4={one}"], ["v0=1.5f"], aliased=names)
        memory([f"v_cvt_pk_f32_{wide} v[0:1], v4"], [f"v4={pair}"], ["v0=1.5f", "v1=-2.0f"], aliased=names)
        memory([f"v_cvt_pk_{wide}_f32 v0, v4, v6"], ["v0=0xaaaa0000", "v4=1.5f", "v6=-2.0f"], [f"v0=0xaaaa{pair[2:]}"], aliased=names)
        memory([f"v_cvt_pk_{wide}_f32 v0, v4, v6 op_sel:[0,0,1]"], ["v0=0xaaaa", "v4=1.5f", "v6=-2.0f"], [f"v0={pair}aaaa"], aliased=names)
        memory([f"v_cvt_sr_{wide}_f32 v0, v4, v6"], ["v0=0xaaaaaa00", "v4=1.5f", "v6=0xfffff"], [f"v0=0xaaaaaa{one[2:]}"], aliased=names)
        # A byte other than the lowest, by whatever the target chooses it with.
        for byte in (1, 2, 3):
            there = int(one, 16) << 8 * byte
            memory([f"v_cvt_f32_{wide}_sdwa v0, v4 src0_sel:BYTE_{byte}", f"v_cvt_f32_{wide} v0, v4 byte_sel:{byte}"],
                   [f"v4={there:#x}"], ["v0=1.5f"], aliased=names)
            memory([f"v_cvt_sr_{wide}_f32 v0, v4, v6 op_sel:[0,0,{byte & 1},{byte >> 1}]", f"v_cvt_sr_{wide}_f32 v0, v4, v6 byte_sel:{byte}"],
                   ["v0=0xaaaaaaaa", "v4=1.5f", "v6=0xfffff"], [f"v0={0xAAAAAAAA & ~(0xFF << 8 * byte) | there:#x}"], aliased=names)

# Other lanes.
memory(["v_swap_b32 v0, v4"], ["v0=7", "v4=lane"], ["v0=lane", "v4=7"])
memory(["v_permlane16_b32 v0, v4, s4, s5"], ["v4=lane", "s4=0x76543210", "s5=0xfedcba90"], ["v0[1]=1", "v0[8]=0", "v0[31]=31"])
memory(["v_permlane16_swap_b32 v0, v4"], ["v0=7", "v4=lane"], ["v0[0]=7", "v0[16]=0", "v0[63]=47", "v4[0]=7", "v4[16]=16"])
memory(["v_permlane32_swap_b32 v0, v4"], ["v0=7", "v4=lane"], ["v0[0]=7", "v0[32]=0", "v0[63]=31", "v4[0]=7", "v4[32]=32"])
memory(["v_dot2c_f32_bf16 v0, v4, v6"], ["v0=1.0f", "v4=0x3f804000", "v6=0x40403f00"], ["v0=5.0f"])
memory(["v_permlane64_b32 v0, v4"], ["v4=lane"], ["v0=lane"])
memory(["v_permlane16_var_b32 v0, v4, v6"], ["v4=lane", "v6=3"], ["v0[1]=3", "v0[20]=19"])
memory(["v_permlanex16_var_b32 v0, v4, v6"], ["v4=lane", "v6=3"], ["v0[1]=19", "v0[20]=3"])
memory(["ds_bpermute_fi_b32 v0, v4, v6"], ["exec=1", "v4=20", "v6=lane"], ["v0[0]=5"])
memory(["ds_bpermute_b32 v0, v4, v6"], ["exec=1", "v4=20", "v6=lane"], ["v0[0]=0"])
for text in ("ds_swizzle_b32 v0, v4 offset:swizzle(QUAD_PERM,1,0,3,2)", "ds_swizzle_b32 v0, v4 offset:0xc020"):
    memory([text], ["v4=lane"], ["v0[0]=1"])
memory(["v_mbcnt_hi_u32_b32 v0, -1, 0"], [], ["v0[3]=0"])

# Rounding: what lies between two numbers, in each mode.
for number, mode in ((1, "up"), (2, "down"), (3, "zero")):
    bits = f"mode={0x1F0 | number | number << 2:#x}"
    for kind, letter in (("f16", ".l"), ("f32", ""), ("f64", "")):
        a, b, c = (samples(kind, i, False) for i in range(3))
        size = 2 if kind == "f64" else 1

        def words(register, values):
            return [f"v{register + i}={listed([x >> 32 * i & 0xFFFFFFFF for x in values])}" for i in range(size)]

        def texts(name, count):
            name = name.replace("sub_f64", "add_f64")
            plain = [f"v[{n}:{n + 1}]" if size == 2 else f"v{n}" for n in (0, 4, 6, 8)[:count]]
            return [f"{name} {', '.join(plain)}"] + ([f"{name} {', '.join(x + letter for x in plain)}"] if letter else [])

        for name, count, formula in (("add", 3, lambda x, y, z: x + y), ("mul", 3, lambda x, y, z: x * y), ("fma", 4, lambda x, y, z: x * y + z)):
            results = [bits_of(kind, formula(*[Fraction(value_of(kind, x)) for x in xs]), mode) for xs in zip(a, b, c)]
            before = words(0, [0] * 8) + words(4, a) + words(6, b) + words(8, c)
            memory(texts(f"v_{name}_{kind}", count), [bits, *before], words(0, results))
    thirds = [bits_of("f64", Fraction(n, 3)) for n in (1, -1, 2, -2)]
    pair = [f"v4={listed([x & 0xFFFFFFFF for x in thirds])}", f"v5={listed([x >> 32 for x in thirds])}"]
    rounded = [bits_of("f32", Fraction(value_of("f64", x)), mode) for x in thirds]
    memory(["v_cvt_f32_f64 v0, v[4:5]"], [bits, *pair], [f"v0={listed(rounded)}"])
    singles = [bits_of("f32", Fraction(n, 3)) for n in (1, -1, 2, -2)]
    for half in ("", ".l"):
        narrow = [bits_of("f16", Fraction(value_of("f32", x)), mode) for x in singles]
        memory([f"v_cvt_f16_f32 v0{half}, v4"], [bits, "v0=0", f"v4={listed(singles)}"], [f"v0={listed(narrow)}"])
    large = [0x1000001, 0x7FFFFFFF, 3, 0x3FFFFFFF]
    memory(["v_cvt_f32_u32 v0, v4"], [bits, f"v4={listed(large)}"], [f"v0={listed([bits_of('f32', Fraction(x), mode) for x in large])}"])
    memory(["v_cvt_f32_i32 v0, v4"], [bits, f"v4={listed(large)}"], [f"v0={listed([bits_of('f32', Fraction(x), mode) for x in large])}"])
