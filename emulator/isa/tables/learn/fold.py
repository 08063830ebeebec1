"""Folds the generations' spellings of one operation into one name."""
import re
DW={'dword':'b32','dwordx2':'b64','dwordx3':'b96','dwordx4':'b128','dwordx8':'b256','dwordx16':'b512'}
SUB={'ubyte':'u8','sbyte':'i8','ushort':'u16','sshort':'i16','byte':'b8','short':'b16'}
AT={'swap':'b','cmpswap':'b','and':'b','or':'b','xor':'b','add':'u','sub':'u','inc':'u','dec':'u',
    'csub':'u','fcmpswap':'f','fmin':'f','fmax':'f',
    'smin':'i','smax':'i','umin':'u','umax':'u'}
MF={'32x32x1f32':'32x32x1_2b_f32','16x16x1f32':'16x16x1_4b_f32','4x4x1f32':'4x4x1_16b_f32',
 '32x32x2f32':'32x32x2_f32','16x16x4f32':'16x16x4_f32','32x32x4f16':'32x32x4_2b_f16','16x16x4f16':'16x16x4_4b_f16',
 '4x4x4f16':'4x4x4_16b_f16','32x32x8f16':'32x32x8_f16','16x16x16f16':'16x16x16_f16',
 '32x32x4bf16_1k':'32x32x4_2b_bf16','16x16x4bf16_1k':'16x16x4_4b_bf16','4x4x4bf16_1k':'4x4x4_16b_bf16',
 '32x32x8bf16_1k':'32x32x8_bf16','16x16x16bf16_1k':'16x16x16_bf16',
 '32x32x2bf16':'32x32x2_2b_bf16','16x16x2bf16':'16x16x2_4b_bf16','4x4x2bf16':'4x4x2_16b_bf16',
 '32x32x4bf16':'32x32x4_bf16','16x16x8bf16':'16x16x8_bf16',
 '32x32x4i8':'32x32x4_2b_i8','16x16x4i8':'16x16x4_4b_i8','4x4x4i8':'4x4x4_16b_i8','32x32x8i8':'32x32x8_i8','16x16x16i8':'16x16x16_i8',
 '16x16x4f64':'16x16x4_f64','4x4x4f64':'4x4x4_4b_f64'}
RE=[(r'^export$','exp'),(r'^ds_(param|direct)_load$',r'lds_\1_load'),(r'^ds_bvh_stack_rtn_b32',r'ds_bvh_stack_push4_pop1_rtn_b32'),
 (r'^(v_|v_dual_|v_pk_|s_|ds_|(?:flat|global|buffer)_atomic_)(min|max|min3|max3|med3|minmax|maxmin)_num_',r'\1\2_'),
 (r'^s_(add|sub)_co_([ui]32)',r's_\1_\2'),(r'^s_add_co_ci_u32',r's_addc_u32'),(r'^s_sub_co_ci_u32',r's_subb_u32'),
 (r'^s_addk_co_i32',r's_addk_i32'),(r'^v_mad_co_',r'v_mad_'),(r'^s_wait_alu',r's_waitcnt_depctr'),
 (r'^((?:flat|global|buffer)_atomic)_sub_clamp_u32',r'\1_csub_u32'),
 (r'^v_dual_',r'v_'),
 (r'^(v_(?:add|sub|subrev))_([ui](?:16|32))$',r'\1_nc_\2'),
 (r'^v_addc_co_',r'v_add_co_ci_'),(r'^v_subb_co_',r'v_sub_co_ci_'),(r'^v_subbrev_co_',r'v_subrev_co_ci_'),
 (r'^v_cvt_flr_',r'v_cvt_floor_'),(r'^v_cvt_rpi_',r'v_cvt_nearest_'),(r'^v_cvt_pknorm_',r'v_cvt_pk_norm_'),
 (r'^v_cvt_pkrtz_',r'v_cvt_pk_rtz_'),(r'^v_ffbh_i32',r'v_cls_i32'),(r'^v_ffbh_u32',r'v_clz_i32_u32'),
 (r'^v_ffbl_b32',r'v_ctz_i32_b32'),(r'^v_(mul|fma|fmac)_legacy_f32',r'v_\1_dx9_zero_f32'),(r'^v_dot2c_f32_f16',r'v_dot2acc_f32_f16'),
 (r'^(v_cmpx?)_tru_',r'\1_t_'),
 (r'^s_inst_prefetch',r's_set_inst_prefetch_distance'),
 (r'^s_(and|or)n2_',r's_\1_not1_'),(r'^s_(and|or)n1_',r's_\1_not0_'),(r'^s_ff1_i32_',r's_ctz_i32_'),
 (r'^s_flbit_i32_b32',r's_clz_i32_u32'),(r'^s_flbit_i32_b64',r's_clz_i32_u64'),(r'^s_flbit_i32_i64',r's_cls_i32_i64'),
 (r'^s_flbit_i32$',r's_cls_i32'),
 (r'^ds_read2st64_',r'ds_load_2addr_stride64_'),(r'^ds_read2_',r'ds_load_2addr_'),(r'^ds_read_',r'ds_load_'),
 (r'^ds_write2st64_',r'ds_store_2addr_stride64_'),(r'^ds_write2_',r'ds_store_2addr_'),(r'^ds_write_',r'ds_store_'),
 (r'^ds_wrxchg2st64_',r'ds_storexchg_2addr_stride64_'),(r'^ds_wrxchg2_',r'ds_storexchg_2addr_'),(r'^ds_wrxchg_',r'ds_storexchg_'),
]
# Matrices that RDNA4 spreads over lanes in another way than RDNA3.
WMMA=re.compile(r'v_wmma_(f32_16x16x16_b?f16|f16_16x16x16_f16|bf16_16x16x16_bf16|i32_16x16x16_iu[48])$')
def fold(n,gfx):
    if gfx==10 and n.startswith('v_interp_'): return n+'_attr'
    if gfx==12 and WMMA.match(n): return n+'_rdna4'
    m=re.match(r'v_mfma_([a-z]\d+)_(\w+)$',n)
    if m and m[2] in MF: return f'v_mfma_{m[1]}_{MF[m[2]]}'
    m=re.match(r'(s|s_buffer|s_scratch|t?buffer|flat|global|scratch)_(load|store)_(.*)$',n)
    if m:
        p,ls,r=m.groups()
        r=re.sub(r'^format_d16_hi_',r'd16_hi_format_',r); r=re.sub(r'^format_d16_',r'd16_format_',r)
        if r=='dword_addtid': r='addtid_b32'
        if r in DW: r=DW[r]
        q=re.match(r'(lds_)?(ubyte|sbyte|ushort|sshort|byte|short|dwordx?\d?)(_d16_hi|_d16)?$',r)
        if q:
            t=SUB.get(q[2]) or DW[q[2]]
            r=(q[1] or '')+((q[3][1:]+'_') if q[3] else '')+t
        return f'{p}_{ls}_{r}'
    m=re.match(r'(s|s_buffer|buffer|flat|global)_atomic_([a-z]+)(_x2)?$',n)
    if m and m[2] in AT:
        op=m[2]; k=AT[op]
        if op[1:] in('min','max','cmpswap'): op=op[1:]
        return f'{m[1]}_atomic_{op}_{k}{64 if m[3] else 32}'
    for a,b in RE: n=re.sub(a,b,n)
    return n
