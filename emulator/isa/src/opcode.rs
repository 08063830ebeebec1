//! The operations of all generations.

/// What an instruction does, whichever generation spells or encodes it how.
///
/// Where generations differ in name alone, the newest name stands for all; operations whose
/// results or operand order differ stay apart (`ds_cmpst_b32` and `ds_cmpstore_b32`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Opcode {
    /// `s_abs_i32`
    SAbsI32,
    /// `s_absdiff_i32`
    SAbsdiffI32,
    /// `s_add_i32`
    SAddI32,
    /// `s_add_u32`
    SAddU32,
    /// `s_addc_u32`
    SAddcU32,
    /// `s_addk_i32`
    SAddkI32,
    /// `s_and_b32`
    SAndB32,
    /// `s_and_b64`
    SAndB64,
    /// `s_and_not0_saveexec_b32`
    SAndNot0SaveexecB32,
    /// `s_andn1_saveexec_b64`, `s_and_not0_saveexec_b64`
    SAndNot0SaveexecB64,
    /// `s_and_not0_wrexec_b32`
    SAndNot0WrexecB32,
    /// `s_andn1_wrexec_b64`, `s_and_not0_wrexec_b64`
    SAndNot0WrexecB64,
    /// `s_andn2_b32`, `s_and_not1_b32`
    SAndNot1B32,
    /// `s_andn2_b64`, `s_and_not1_b64`
    SAndNot1B64,
    /// `s_and_not1_saveexec_b32`
    SAndNot1SaveexecB32,
    /// `s_andn2_saveexec_b64`, `s_and_not1_saveexec_b64`
    SAndNot1SaveexecB64,
    /// `s_and_not1_wrexec_b32`
    SAndNot1WrexecB32,
    /// `s_andn2_wrexec_b64`, `s_and_not1_wrexec_b64`
    SAndNot1WrexecB64,
    /// `s_and_saveexec_b32`
    SAndSaveexecB32,
    /// `s_and_saveexec_b64`
    SAndSaveexecB64,
    /// `s_ashr_i32`
    SAshrI32,
    /// `s_ashr_i64`
    SAshrI64,
    /// `s_atc_probe`
    SAtcProbe,
    /// `s_atc_probe_buffer`
    SAtcProbeBuffer,
    /// `s_atomic_add`
    SAtomicAddU32,
    /// `s_atomic_add_x2`
    SAtomicAddU64,
    /// `s_atomic_and`
    SAtomicAndB32,
    /// `s_atomic_and_x2`
    SAtomicAndB64,
    /// `s_atomic_cmpswap`
    SAtomicCmpswapB32,
    /// `s_atomic_cmpswap_x2`
    SAtomicCmpswapB64,
    /// `s_atomic_dec`
    SAtomicDecU32,
    /// `s_atomic_dec_x2`
    SAtomicDecU64,
    /// `s_atomic_inc`
    SAtomicIncU32,
    /// `s_atomic_inc_x2`
    SAtomicIncU64,
    /// `s_atomic_smax`
    SAtomicMaxI32,
    /// `s_atomic_smax_x2`
    SAtomicMaxI64,
    /// `s_atomic_umax`
    SAtomicMaxU32,
    /// `s_atomic_umax_x2`
    SAtomicMaxU64,
    /// `s_atomic_smin`
    SAtomicMinI32,
    /// `s_atomic_smin_x2`
    SAtomicMinI64,
    /// `s_atomic_umin`
    SAtomicMinU32,
    /// `s_atomic_umin_x2`
    SAtomicMinU64,
    /// `s_atomic_or`
    SAtomicOrB32,
    /// `s_atomic_or_x2`
    SAtomicOrB64,
    /// `s_atomic_sub`
    SAtomicSubU32,
    /// `s_atomic_sub_x2`
    SAtomicSubU64,
    /// `s_atomic_swap`
    SAtomicSwapB32,
    /// `s_atomic_swap_x2`
    SAtomicSwapB64,
    /// `s_atomic_xor`
    SAtomicXorB32,
    /// `s_atomic_xor_x2`
    SAtomicXorB64,
    /// `s_barrier`
    SBarrier,
    /// `s_bcnt0_i32_b32`
    SBcnt0I32B32,
    /// `s_bcnt0_i32_b64`
    SBcnt0I32B64,
    /// `s_bcnt1_i32_b32`
    SBcnt1I32B32,
    /// `s_bcnt1_i32_b64`
    SBcnt1I32B64,
    /// `s_bfe_i32`
    SBfeI32,
    /// `s_bfe_i64`
    SBfeI64,
    /// `s_bfe_u32`
    SBfeU32,
    /// `s_bfe_u64`
    SBfeU64,
    /// `s_bfm_b32`
    SBfmB32,
    /// `s_bfm_b64`
    SBfmB64,
    /// `s_bitcmp0_b32`
    SBitcmp0B32,
    /// `s_bitcmp0_b64`
    SBitcmp0B64,
    /// `s_bitcmp1_b32`
    SBitcmp1B32,
    /// `s_bitcmp1_b64`
    SBitcmp1B64,
    /// `s_bitreplicate_b64_b32`
    SBitreplicateB64B32,
    /// `s_bitset0_b32`
    SBitset0B32,
    /// `s_bitset0_b64`
    SBitset0B64,
    /// `s_bitset1_b32`
    SBitset1B32,
    /// `s_bitset1_b64`
    SBitset1B64,
    /// `s_branch`
    SBranch,
    /// `s_brev_b32`
    SBrevB32,
    /// `s_brev_b64`
    SBrevB64,
    /// `s_buffer_atomic_add`
    SBufferAtomicAddU32,
    /// `s_buffer_atomic_add_x2`
    SBufferAtomicAddU64,
    /// `s_buffer_atomic_and`
    SBufferAtomicAndB32,
    /// `s_buffer_atomic_and_x2`
    SBufferAtomicAndB64,
    /// `s_buffer_atomic_cmpswap`
    SBufferAtomicCmpswapB32,
    /// `s_buffer_atomic_cmpswap_x2`
    SBufferAtomicCmpswapB64,
    /// `s_buffer_atomic_dec`
    SBufferAtomicDecU32,
    /// `s_buffer_atomic_dec_x2`
    SBufferAtomicDecU64,
    /// `s_buffer_atomic_inc`
    SBufferAtomicIncU32,
    /// `s_buffer_atomic_inc_x2`
    SBufferAtomicIncU64,
    /// `s_buffer_atomic_smax`
    SBufferAtomicMaxI32,
    /// `s_buffer_atomic_smax_x2`
    SBufferAtomicMaxI64,
    /// `s_buffer_atomic_umax`
    SBufferAtomicMaxU32,
    /// `s_buffer_atomic_umax_x2`
    SBufferAtomicMaxU64,
    /// `s_buffer_atomic_smin`
    SBufferAtomicMinI32,
    /// `s_buffer_atomic_smin_x2`
    SBufferAtomicMinI64,
    /// `s_buffer_atomic_umin`
    SBufferAtomicMinU32,
    /// `s_buffer_atomic_umin_x2`
    SBufferAtomicMinU64,
    /// `s_buffer_atomic_or`
    SBufferAtomicOrB32,
    /// `s_buffer_atomic_or_x2`
    SBufferAtomicOrB64,
    /// `s_buffer_atomic_sub`
    SBufferAtomicSubU32,
    /// `s_buffer_atomic_sub_x2`
    SBufferAtomicSubU64,
    /// `s_buffer_atomic_swap`
    SBufferAtomicSwapB32,
    /// `s_buffer_atomic_swap_x2`
    SBufferAtomicSwapB64,
    /// `s_buffer_atomic_xor`
    SBufferAtomicXorB32,
    /// `s_buffer_atomic_xor_x2`
    SBufferAtomicXorB64,
    /// `s_buffer_load_dwordx4`, `s_buffer_load_b128`
    SBufferLoadB128,
    /// `s_buffer_load_dwordx8`, `s_buffer_load_b256`
    SBufferLoadB256,
    /// `s_buffer_load_dword`, `s_buffer_load_b32`
    SBufferLoadB32,
    /// `s_buffer_load_dwordx16`, `s_buffer_load_b512`
    SBufferLoadB512,
    /// `s_buffer_load_dwordx2`, `s_buffer_load_b64`
    SBufferLoadB64,
    /// `s_buffer_store_dwordx4`
    SBufferStoreB128,
    /// `s_buffer_store_dword`
    SBufferStoreB32,
    /// `s_buffer_store_dwordx2`
    SBufferStoreB64,
    /// `s_call_b64`
    SCallB64,
    /// `s_cbranch_cdbgsys`
    SCbranchCdbgsys,
    /// `s_cbranch_cdbgsys_and_user`
    SCbranchCdbgsysAndUser,
    /// `s_cbranch_cdbgsys_or_user`
    SCbranchCdbgsysOrUser,
    /// `s_cbranch_cdbguser`
    SCbranchCdbguser,
    /// `s_cbranch_execnz`
    SCbranchExecnz,
    /// `s_cbranch_execz`
    SCbranchExecz,
    /// `s_cbranch_g_fork`
    SCbranchGFork,
    /// `s_cbranch_i_fork`
    SCbranchIFork,
    /// `s_cbranch_join`
    SCbranchJoin,
    /// `s_cbranch_scc0`
    SCbranchScc0,
    /// `s_cbranch_scc1`
    SCbranchScc1,
    /// `s_cbranch_vccnz`
    SCbranchVccnz,
    /// `s_cbranch_vccz`
    SCbranchVccz,
    /// `s_clause`
    SClause,
    /// `s_flbit_i32`, `s_cls_i32`
    SClsI32,
    /// `s_flbit_i32_i64`, `s_cls_i32_i64`
    SClsI32I64,
    /// `s_flbit_i32_b32`, `s_clz_i32_u32`
    SClzI32U32,
    /// `s_flbit_i32_b64`, `s_clz_i32_u64`
    SClzI32U64,
    /// `s_cmov_b32`
    SCmovB32,
    /// `s_cmov_b64`
    SCmovB64,
    /// `s_cmovk_i32`
    SCmovkI32,
    /// `s_cmp_eq_i32`
    SCmpEqI32,
    /// `s_cmp_eq_u32`
    SCmpEqU32,
    /// `s_cmp_eq_u64`
    SCmpEqU64,
    /// `s_cmp_ge_i32`
    SCmpGeI32,
    /// `s_cmp_ge_u32`
    SCmpGeU32,
    /// `s_cmp_gt_i32`
    SCmpGtI32,
    /// `s_cmp_gt_u32`
    SCmpGtU32,
    /// `s_cmp_le_i32`
    SCmpLeI32,
    /// `s_cmp_le_u32`
    SCmpLeU32,
    /// `s_cmp_lg_i32`
    SCmpLgI32,
    /// `s_cmp_lg_u32`
    SCmpLgU32,
    /// `s_cmp_lg_u64`
    SCmpLgU64,
    /// `s_cmp_lt_i32`
    SCmpLtI32,
    /// `s_cmp_lt_u32`
    SCmpLtU32,
    /// `s_cmpk_eq_i32`
    SCmpkEqI32,
    /// `s_cmpk_eq_u32`
    SCmpkEqU32,
    /// `s_cmpk_ge_i32`
    SCmpkGeI32,
    /// `s_cmpk_ge_u32`
    SCmpkGeU32,
    /// `s_cmpk_gt_i32`
    SCmpkGtI32,
    /// `s_cmpk_gt_u32`
    SCmpkGtU32,
    /// `s_cmpk_le_i32`
    SCmpkLeI32,
    /// `s_cmpk_le_u32`
    SCmpkLeU32,
    /// `s_cmpk_lg_i32`
    SCmpkLgI32,
    /// `s_cmpk_lg_u32`
    SCmpkLgU32,
    /// `s_cmpk_lt_i32`
    SCmpkLtI32,
    /// `s_cmpk_lt_u32`
    SCmpkLtU32,
    /// `s_code_end`
    SCodeEnd,
    /// `s_cselect_b32`
    SCselectB32,
    /// `s_cselect_b64`
    SCselectB64,
    /// `s_ff1_i32_b32`, `s_ctz_i32_b32`
    SCtzI32B32,
    /// `s_ff1_i32_b64`, `s_ctz_i32_b64`
    SCtzI32B64,
    /// `s_dcache_discard`
    SDcacheDiscard,
    /// `s_dcache_discard_x2`
    SDcacheDiscardX2,
    /// `s_dcache_inv`
    SDcacheInv,
    /// `s_dcache_inv_vol`
    SDcacheInvVol,
    /// `s_dcache_wb`
    SDcacheWb,
    /// `s_dcache_wb_vol`
    SDcacheWbVol,
    /// `s_decperflevel`
    SDecperflevel,
    /// `s_delay_alu`
    SDelayAlu,
    /// `s_denorm_mode`
    SDenormMode,
    /// `s_endpgm`
    SEndpgm,
    /// `s_endpgm_ordered_ps_done`
    SEndpgmOrderedPsDone,
    /// `s_endpgm_saved`
    SEndpgmSaved,
    /// `s_ff0_i32_b32`
    SFf0I32B32,
    /// `s_ff0_i32_b64`
    SFf0I32B64,
    /// `s_getpc_b64`
    SGetpcB64,
    /// `s_getreg_b32`
    SGetregB32,
    /// `s_gl1_inv`
    SGl1Inv,
    /// `s_icache_inv`
    SIcacheInv,
    /// `s_incperflevel`
    SIncperflevel,
    /// `s_load_dwordx4`, `s_load_b128`
    SLoadB128,
    /// `s_load_dwordx8`, `s_load_b256`
    SLoadB256,
    /// `s_load_dword`, `s_load_b32`
    SLoadB32,
    /// `s_load_dwordx16`, `s_load_b512`
    SLoadB512,
    /// `s_load_dwordx2`, `s_load_b64`
    SLoadB64,
    /// `s_lshl1_add_u32`
    SLshl1AddU32,
    /// `s_lshl2_add_u32`
    SLshl2AddU32,
    /// `s_lshl3_add_u32`
    SLshl3AddU32,
    /// `s_lshl4_add_u32`
    SLshl4AddU32,
    /// `s_lshl_b32`
    SLshlB32,
    /// `s_lshl_b64`
    SLshlB64,
    /// `s_lshr_b32`
    SLshrB32,
    /// `s_lshr_b64`
    SLshrB64,
    /// `s_max_i32`
    SMaxI32,
    /// `s_max_u32`
    SMaxU32,
    /// `s_memrealtime`
    SMemrealtime,
    /// `s_memtime`
    SMemtime,
    /// `s_min_i32`
    SMinI32,
    /// `s_min_u32`
    SMinU32,
    /// `s_mov_b32`
    SMovB32,
    /// `s_mov_b64`
    SMovB64,
    /// `s_movk_i32`
    SMovkI32,
    /// `s_movreld_b32`
    SMovreldB32,
    /// `s_movreld_b64`
    SMovreldB64,
    /// `s_movrels_b32`
    SMovrelsB32,
    /// `s_movrels_b64`
    SMovrelsB64,
    /// `s_movrelsd_2_b32`
    SMovrelsd2B32,
    /// `s_mul_hi_i32`
    SMulHiI32,
    /// `s_mul_hi_u32`
    SMulHiU32,
    /// `s_mul_i32`
    SMulI32,
    /// `s_mulk_i32`
    SMulkI32,
    /// `s_nand_b32`
    SNandB32,
    /// `s_nand_b64`
    SNandB64,
    /// `s_nand_saveexec_b32`
    SNandSaveexecB32,
    /// `s_nand_saveexec_b64`
    SNandSaveexecB64,
    /// `s_nop`
    SNop,
    /// `s_nor_b32`
    SNorB32,
    /// `s_nor_b64`
    SNorB64,
    /// `s_nor_saveexec_b32`
    SNorSaveexecB32,
    /// `s_nor_saveexec_b64`
    SNorSaveexecB64,
    /// `s_not_b32`
    SNotB32,
    /// `s_not_b64`
    SNotB64,
    /// `s_or_b32`
    SOrB32,
    /// `s_or_b64`
    SOrB64,
    /// `s_or_not0_saveexec_b32`
    SOrNot0SaveexecB32,
    /// `s_orn1_saveexec_b64`, `s_or_not0_saveexec_b64`
    SOrNot0SaveexecB64,
    /// `s_orn2_b32`, `s_or_not1_b32`
    SOrNot1B32,
    /// `s_orn2_b64`, `s_or_not1_b64`
    SOrNot1B64,
    /// `s_or_not1_saveexec_b32`
    SOrNot1SaveexecB32,
    /// `s_orn2_saveexec_b64`, `s_or_not1_saveexec_b64`
    SOrNot1SaveexecB64,
    /// `s_or_saveexec_b32`
    SOrSaveexecB32,
    /// `s_or_saveexec_b64`
    SOrSaveexecB64,
    /// `s_pack_hh_b32_b16`
    SPackHhB32B16,
    /// `s_pack_hl_b32_b16`
    SPackHlB32B16,
    /// `s_pack_lh_b32_b16`
    SPackLhB32B16,
    /// `s_pack_ll_b32_b16`
    SPackLlB32B16,
    /// `s_quadmask_b32`
    SQuadmaskB32,
    /// `s_quadmask_b64`
    SQuadmaskB64,
    /// `s_rfe_b64`
    SRfeB64,
    /// `s_rfe_restore_b64`
    SRfeRestoreB64,
    /// `s_round_mode`
    SRoundMode,
    /// `s_scratch_load_dword`
    SScratchLoadDword,
    /// `s_scratch_load_dwordx2`
    SScratchLoadDwordx2,
    /// `s_scratch_load_dwordx4`
    SScratchLoadDwordx4,
    /// `s_scratch_store_dword`
    SScratchStoreDword,
    /// `s_scratch_store_dwordx2`
    SScratchStoreDwordx2,
    /// `s_scratch_store_dwordx4`
    SScratchStoreDwordx4,
    /// `s_sendmsg`
    SSendmsg,
    /// `s_sendmsg_rtn_b32`
    SSendmsgRtnB32,
    /// `s_sendmsg_rtn_b64`
    SSendmsgRtnB64,
    /// `s_sendmsghalt`
    SSendmsghalt,
    /// `s_set_gpr_idx_idx`
    SSetGprIdxIdx,
    /// `s_set_gpr_idx_mode`
    SSetGprIdxMode,
    /// `s_set_gpr_idx_off`
    SSetGprIdxOff,
    /// `s_set_gpr_idx_on`
    SSetGprIdxOn,
    /// `s_set_inst_prefetch_distance`
    SSetInstPrefetchDistance,
    /// `s_sethalt`
    SSethalt,
    /// `s_setkill`
    SSetkill,
    /// `s_setpc_b64`
    SSetpcB64,
    /// `s_setprio`
    SSetprio,
    /// `s_setreg_b32`
    SSetregB32,
    /// `s_setreg_imm32_b32`
    SSetregImm32B32,
    /// `s_setvskip`
    SSetvskip,
    /// `s_sext_i32_i16`
    SSextI32I16,
    /// `s_sext_i32_i8`
    SSextI32I8,
    /// `s_sleep`
    SSleep,
    /// `s_store_dwordx4`
    SStoreB128,
    /// `s_store_dword`
    SStoreB32,
    /// `s_store_dwordx2`
    SStoreB64,
    /// `s_sub_i32`
    SSubI32,
    /// `s_sub_u32`
    SSubU32,
    /// `s_subb_u32`
    SSubbU32,
    /// `s_subvector_loop_begin`
    SSubvectorLoopBegin,
    /// `s_subvector_loop_end`
    SSubvectorLoopEnd,
    /// `s_swappc_b64`
    SSwappcB64,
    /// `s_trap`
    STrap,
    /// `s_ttracedata`
    STtracedata,
    /// `s_ttracedata_imm`
    STtracedataImm,
    /// `s_version`
    SVersion,
    /// `s_wait_event`
    SWaitEvent,
    /// `s_wait_idle`
    SWaitIdle,
    /// `s_waitcnt`
    SWaitcnt,
    /// `s_waitcnt_depctr`
    SWaitcntDepctr,
    /// `s_waitcnt_expcnt`
    SWaitcntExpcnt,
    /// `s_waitcnt_lgkmcnt`
    SWaitcntLgkmcnt,
    /// `s_waitcnt_vmcnt`
    SWaitcntVmcnt,
    /// `s_waitcnt_vscnt`
    SWaitcntVscnt,
    /// `s_wakeup`
    SWakeup,
    /// `s_wqm_b32`
    SWqmB32,
    /// `s_wqm_b64`
    SWqmB64,
    /// `s_xnor_b32`
    SXnorB32,
    /// `s_xnor_b64`
    SXnorB64,
    /// `s_xnor_saveexec_b32`
    SXnorSaveexecB32,
    /// `s_xnor_saveexec_b64`
    SXnorSaveexecB64,
    /// `s_xor_b32`
    SXorB32,
    /// `s_xor_b64`
    SXorB64,
    /// `s_xor_saveexec_b32`
    SXorSaveexecB32,
    /// `s_xor_saveexec_b64`
    SXorSaveexecB64,
    /// `v_accvgpr_mov_b32`
    VAccvgprMovB32,
    /// `v_accvgpr_read_b32`
    VAccvgprReadB32,
    /// `v_accvgpr_write_b32`
    VAccvgprWriteB32,
    /// `v_add3_u32`
    VAdd3U32,
    /// `v_addc_co_u32`, `v_add_co_ci_u32`
    VAddCoCiU32,
    /// `v_add_co_u32`
    VAddCoU32,
    /// `v_add_f16`
    VAddF16,
    /// `v_add_f32`
    VAddF32,
    /// `v_add_f64`
    VAddF64,
    /// `v_add_lshl_u32`
    VAddLshlU32,
    /// `v_add_i16`, `v_add_nc_i16`
    VAddNcI16,
    /// `v_add_i32`, `v_add_nc_i32`
    VAddNcI32,
    /// `v_add_u16`, `v_add_nc_u16`
    VAddNcU16,
    /// `v_add_u32`, `v_add_nc_u32`
    VAddNcU32,
    /// `v_alignbit_b32`
    VAlignbitB32,
    /// `v_alignbyte_b32`
    VAlignbyteB32,
    /// `v_and_b16`
    VAndB16,
    /// `v_and_b32`
    VAndB32,
    /// `v_and_or_b32`
    VAndOrB32,
    /// `v_ashrrev_i16`
    VAshrrevI16,
    /// `v_ashrrev_i32`
    VAshrrevI32,
    /// `v_ashrrev_i64`
    VAshrrevI64,
    /// `v_bcnt_u32_b32`
    VBcntU32B32,
    /// `v_bfe_i32`
    VBfeI32,
    /// `v_bfe_u32`
    VBfeU32,
    /// `v_bfi_b32`
    VBfiB32,
    /// `v_bfm_b32`
    VBfmB32,
    /// `v_bfrev_b32`
    VBfrevB32,
    /// `v_ceil_f16`
    VCeilF16,
    /// `v_ceil_f32`
    VCeilF32,
    /// `v_ceil_f64`
    VCeilF64,
    /// `v_clrexcp`
    VClrexcp,
    /// `v_ffbh_i32`, `v_cls_i32`
    VClsI32,
    /// `v_ffbh_u32`, `v_clz_i32_u32`
    VClzI32U32,
    /// `v_cmp_class_f16`
    VCmpClassF16,
    /// `v_cmp_class_f32`
    VCmpClassF32,
    /// `v_cmp_class_f64`
    VCmpClassF64,
    /// `v_cmp_eq_f16`
    VCmpEqF16,
    /// `v_cmp_eq_f32`
    VCmpEqF32,
    /// `v_cmp_eq_f64`
    VCmpEqF64,
    /// `v_cmp_eq_i16`
    VCmpEqI16,
    /// `v_cmp_eq_i32`
    VCmpEqI32,
    /// `v_cmp_eq_i64`
    VCmpEqI64,
    /// `v_cmp_eq_u16`
    VCmpEqU16,
    /// `v_cmp_eq_u32`
    VCmpEqU32,
    /// `v_cmp_eq_u64`
    VCmpEqU64,
    /// `v_cmp_f_f16`
    VCmpFF16,
    /// `v_cmp_f_f32`
    VCmpFF32,
    /// `v_cmp_f_f64`
    VCmpFF64,
    /// `v_cmp_f_i16`
    VCmpFI16,
    /// `v_cmp_f_i32`
    VCmpFI32,
    /// `v_cmp_f_i64`
    VCmpFI64,
    /// `v_cmp_f_u16`
    VCmpFU16,
    /// `v_cmp_f_u32`
    VCmpFU32,
    /// `v_cmp_f_u64`
    VCmpFU64,
    /// `v_cmp_ge_f16`
    VCmpGeF16,
    /// `v_cmp_ge_f32`
    VCmpGeF32,
    /// `v_cmp_ge_f64`
    VCmpGeF64,
    /// `v_cmp_ge_i16`
    VCmpGeI16,
    /// `v_cmp_ge_i32`
    VCmpGeI32,
    /// `v_cmp_ge_i64`
    VCmpGeI64,
    /// `v_cmp_ge_u16`
    VCmpGeU16,
    /// `v_cmp_ge_u32`
    VCmpGeU32,
    /// `v_cmp_ge_u64`
    VCmpGeU64,
    /// `v_cmp_gt_f16`
    VCmpGtF16,
    /// `v_cmp_gt_f32`
    VCmpGtF32,
    /// `v_cmp_gt_f64`
    VCmpGtF64,
    /// `v_cmp_gt_i16`
    VCmpGtI16,
    /// `v_cmp_gt_i32`
    VCmpGtI32,
    /// `v_cmp_gt_i64`
    VCmpGtI64,
    /// `v_cmp_gt_u16`
    VCmpGtU16,
    /// `v_cmp_gt_u32`
    VCmpGtU32,
    /// `v_cmp_gt_u64`
    VCmpGtU64,
    /// `v_cmp_le_f16`
    VCmpLeF16,
    /// `v_cmp_le_f32`
    VCmpLeF32,
    /// `v_cmp_le_f64`
    VCmpLeF64,
    /// `v_cmp_le_i16`
    VCmpLeI16,
    /// `v_cmp_le_i32`
    VCmpLeI32,
    /// `v_cmp_le_i64`
    VCmpLeI64,
    /// `v_cmp_le_u16`
    VCmpLeU16,
    /// `v_cmp_le_u32`
    VCmpLeU32,
    /// `v_cmp_le_u64`
    VCmpLeU64,
    /// `v_cmp_lg_f16`
    VCmpLgF16,
    /// `v_cmp_lg_f32`
    VCmpLgF32,
    /// `v_cmp_lg_f64`
    VCmpLgF64,
    /// `v_cmp_lt_f16`
    VCmpLtF16,
    /// `v_cmp_lt_f32`
    VCmpLtF32,
    /// `v_cmp_lt_f64`
    VCmpLtF64,
    /// `v_cmp_lt_i16`
    VCmpLtI16,
    /// `v_cmp_lt_i32`
    VCmpLtI32,
    /// `v_cmp_lt_i64`
    VCmpLtI64,
    /// `v_cmp_lt_u16`
    VCmpLtU16,
    /// `v_cmp_lt_u32`
    VCmpLtU32,
    /// `v_cmp_lt_u64`
    VCmpLtU64,
    /// `v_cmp_ne_i16`
    VCmpNeI16,
    /// `v_cmp_ne_i32`
    VCmpNeI32,
    /// `v_cmp_ne_i64`
    VCmpNeI64,
    /// `v_cmp_ne_u16`
    VCmpNeU16,
    /// `v_cmp_ne_u32`
    VCmpNeU32,
    /// `v_cmp_ne_u64`
    VCmpNeU64,
    /// `v_cmp_neq_f16`
    VCmpNeqF16,
    /// `v_cmp_neq_f32`
    VCmpNeqF32,
    /// `v_cmp_neq_f64`
    VCmpNeqF64,
    /// `v_cmp_nge_f16`
    VCmpNgeF16,
    /// `v_cmp_nge_f32`
    VCmpNgeF32,
    /// `v_cmp_nge_f64`
    VCmpNgeF64,
    /// `v_cmp_ngt_f16`
    VCmpNgtF16,
    /// `v_cmp_ngt_f32`
    VCmpNgtF32,
    /// `v_cmp_ngt_f64`
    VCmpNgtF64,
    /// `v_cmp_nle_f16`
    VCmpNleF16,
    /// `v_cmp_nle_f32`
    VCmpNleF32,
    /// `v_cmp_nle_f64`
    VCmpNleF64,
    /// `v_cmp_nlg_f16`
    VCmpNlgF16,
    /// `v_cmp_nlg_f32`
    VCmpNlgF32,
    /// `v_cmp_nlg_f64`
    VCmpNlgF64,
    /// `v_cmp_nlt_f16`
    VCmpNltF16,
    /// `v_cmp_nlt_f32`
    VCmpNltF32,
    /// `v_cmp_nlt_f64`
    VCmpNltF64,
    /// `v_cmp_o_f16`
    VCmpOF16,
    /// `v_cmp_o_f32`
    VCmpOF32,
    /// `v_cmp_o_f64`
    VCmpOF64,
    /// `v_cmp_tru_f16`, `v_cmp_t_f16`
    VCmpTF16,
    /// `v_cmp_tru_f32`, `v_cmp_t_f32`
    VCmpTF32,
    /// `v_cmp_tru_f64`, `v_cmp_t_f64`
    VCmpTF64,
    /// `v_cmp_t_i16`
    VCmpTI16,
    /// `v_cmp_t_i32`
    VCmpTI32,
    /// `v_cmp_t_i64`
    VCmpTI64,
    /// `v_cmp_t_u16`
    VCmpTU16,
    /// `v_cmp_t_u32`
    VCmpTU32,
    /// `v_cmp_t_u64`
    VCmpTU64,
    /// `v_cmp_u_f16`
    VCmpUF16,
    /// `v_cmp_u_f32`
    VCmpUF32,
    /// `v_cmp_u_f64`
    VCmpUF64,
    /// `v_cmpx_class_f16`
    VCmpxClassF16,
    /// `v_cmpx_class_f32`
    VCmpxClassF32,
    /// `v_cmpx_class_f64`
    VCmpxClassF64,
    /// `v_cmpx_eq_f16`
    VCmpxEqF16,
    /// `v_cmpx_eq_f32`
    VCmpxEqF32,
    /// `v_cmpx_eq_f64`
    VCmpxEqF64,
    /// `v_cmpx_eq_i16`
    VCmpxEqI16,
    /// `v_cmpx_eq_i32`
    VCmpxEqI32,
    /// `v_cmpx_eq_i64`
    VCmpxEqI64,
    /// `v_cmpx_eq_u16`
    VCmpxEqU16,
    /// `v_cmpx_eq_u32`
    VCmpxEqU32,
    /// `v_cmpx_eq_u64`
    VCmpxEqU64,
    /// `v_cmpx_f_f16`
    VCmpxFF16,
    /// `v_cmpx_f_f32`
    VCmpxFF32,
    /// `v_cmpx_f_f64`
    VCmpxFF64,
    /// `v_cmpx_f_i16`
    VCmpxFI16,
    /// `v_cmpx_f_i32`
    VCmpxFI32,
    /// `v_cmpx_f_i64`
    VCmpxFI64,
    /// `v_cmpx_f_u16`
    VCmpxFU16,
    /// `v_cmpx_f_u32`
    VCmpxFU32,
    /// `v_cmpx_f_u64`
    VCmpxFU64,
    /// `v_cmpx_ge_f16`
    VCmpxGeF16,
    /// `v_cmpx_ge_f32`
    VCmpxGeF32,
    /// `v_cmpx_ge_f64`
    VCmpxGeF64,
    /// `v_cmpx_ge_i16`
    VCmpxGeI16,
    /// `v_cmpx_ge_i32`
    VCmpxGeI32,
    /// `v_cmpx_ge_i64`
    VCmpxGeI64,
    /// `v_cmpx_ge_u16`
    VCmpxGeU16,
    /// `v_cmpx_ge_u32`
    VCmpxGeU32,
    /// `v_cmpx_ge_u64`
    VCmpxGeU64,
    /// `v_cmpx_gt_f16`
    VCmpxGtF16,
    /// `v_cmpx_gt_f32`
    VCmpxGtF32,
    /// `v_cmpx_gt_f64`
    VCmpxGtF64,
    /// `v_cmpx_gt_i16`
    VCmpxGtI16,
    /// `v_cmpx_gt_i32`
    VCmpxGtI32,
    /// `v_cmpx_gt_i64`
    VCmpxGtI64,
    /// `v_cmpx_gt_u16`
    VCmpxGtU16,
    /// `v_cmpx_gt_u32`
    VCmpxGtU32,
    /// `v_cmpx_gt_u64`
    VCmpxGtU64,
    /// `v_cmpx_le_f16`
    VCmpxLeF16,
    /// `v_cmpx_le_f32`
    VCmpxLeF32,
    /// `v_cmpx_le_f64`
    VCmpxLeF64,
    /// `v_cmpx_le_i16`
    VCmpxLeI16,
    /// `v_cmpx_le_i32`
    VCmpxLeI32,
    /// `v_cmpx_le_i64`
    VCmpxLeI64,
    /// `v_cmpx_le_u16`
    VCmpxLeU16,
    /// `v_cmpx_le_u32`
    VCmpxLeU32,
    /// `v_cmpx_le_u64`
    VCmpxLeU64,
    /// `v_cmpx_lg_f16`
    VCmpxLgF16,
    /// `v_cmpx_lg_f32`
    VCmpxLgF32,
    /// `v_cmpx_lg_f64`
    VCmpxLgF64,
    /// `v_cmpx_lt_f16`
    VCmpxLtF16,
    /// `v_cmpx_lt_f32`
    VCmpxLtF32,
    /// `v_cmpx_lt_f64`
    VCmpxLtF64,
    /// `v_cmpx_lt_i16`
    VCmpxLtI16,
    /// `v_cmpx_lt_i32`
    VCmpxLtI32,
    /// `v_cmpx_lt_i64`
    VCmpxLtI64,
    /// `v_cmpx_lt_u16`
    VCmpxLtU16,
    /// `v_cmpx_lt_u32`
    VCmpxLtU32,
    /// `v_cmpx_lt_u64`
    VCmpxLtU64,
    /// `v_cmpx_ne_i16`
    VCmpxNeI16,
    /// `v_cmpx_ne_i32`
    VCmpxNeI32,
    /// `v_cmpx_ne_i64`
    VCmpxNeI64,
    /// `v_cmpx_ne_u16`
    VCmpxNeU16,
    /// `v_cmpx_ne_u32`
    VCmpxNeU32,
    /// `v_cmpx_ne_u64`
    VCmpxNeU64,
    /// `v_cmpx_neq_f16`
    VCmpxNeqF16,
    /// `v_cmpx_neq_f32`
    VCmpxNeqF32,
    /// `v_cmpx_neq_f64`
    VCmpxNeqF64,
    /// `v_cmpx_nge_f16`
    VCmpxNgeF16,
    /// `v_cmpx_nge_f32`
    VCmpxNgeF32,
    /// `v_cmpx_nge_f64`
    VCmpxNgeF64,
    /// `v_cmpx_ngt_f16`
    VCmpxNgtF16,
    /// `v_cmpx_ngt_f32`
    VCmpxNgtF32,
    /// `v_cmpx_ngt_f64`
    VCmpxNgtF64,
    /// `v_cmpx_nle_f16`
    VCmpxNleF16,
    /// `v_cmpx_nle_f32`
    VCmpxNleF32,
    /// `v_cmpx_nle_f64`
    VCmpxNleF64,
    /// `v_cmpx_nlg_f16`
    VCmpxNlgF16,
    /// `v_cmpx_nlg_f32`
    VCmpxNlgF32,
    /// `v_cmpx_nlg_f64`
    VCmpxNlgF64,
    /// `v_cmpx_nlt_f16`
    VCmpxNltF16,
    /// `v_cmpx_nlt_f32`
    VCmpxNltF32,
    /// `v_cmpx_nlt_f64`
    VCmpxNltF64,
    /// `v_cmpx_o_f16`
    VCmpxOF16,
    /// `v_cmpx_o_f32`
    VCmpxOF32,
    /// `v_cmpx_o_f64`
    VCmpxOF64,
    /// `v_cmpx_tru_f16`, `v_cmpx_t_f16`
    VCmpxTF16,
    /// `v_cmpx_tru_f32`, `v_cmpx_t_f32`
    VCmpxTF32,
    /// `v_cmpx_tru_f64`, `v_cmpx_t_f64`
    VCmpxTF64,
    /// `v_cmpx_t_i16`
    VCmpxTI16,
    /// `v_cmpx_t_i32`
    VCmpxTI32,
    /// `v_cmpx_t_i64`
    VCmpxTI64,
    /// `v_cmpx_t_u16`
    VCmpxTU16,
    /// `v_cmpx_t_u32`
    VCmpxTU32,
    /// `v_cmpx_t_u64`
    VCmpxTU64,
    /// `v_cmpx_u_f16`
    VCmpxUF16,
    /// `v_cmpx_u_f32`
    VCmpxUF32,
    /// `v_cmpx_u_f64`
    VCmpxUF64,
    /// `v_cndmask_b16`
    VCndmaskB16,
    /// `v_cndmask_b32`
    VCndmaskB32,
    /// `v_cos_f16`
    VCosF16,
    /// `v_cos_f32`
    VCosF32,
    /// `v_ffbl_b32`, `v_ctz_i32_b32`
    VCtzI32B32,
    /// `v_cubeid_f32`
    VCubeidF32,
    /// `v_cubema_f32`
    VCubemaF32,
    /// `v_cubesc_f32`
    VCubescF32,
    /// `v_cubetc_f32`
    VCubetcF32,
    /// `v_cvt_f16_f32`
    VCvtF16F32,
    /// `v_cvt_f16_i16`
    VCvtF16I16,
    /// `v_cvt_f16_u16`
    VCvtF16U16,
    /// `v_cvt_f32_bf8`
    VCvtF32Bf8,
    /// `v_cvt_f32_f16`
    VCvtF32F16,
    /// `v_cvt_f32_f64`
    VCvtF32F64,
    /// `v_cvt_f32_fp8`
    VCvtF32Fp8,
    /// `v_cvt_f32_i32`
    VCvtF32I32,
    /// `v_cvt_f32_u32`
    VCvtF32U32,
    /// `v_cvt_f32_ubyte0`
    VCvtF32Ubyte0,
    /// `v_cvt_f32_ubyte1`
    VCvtF32Ubyte1,
    /// `v_cvt_f32_ubyte2`
    VCvtF32Ubyte2,
    /// `v_cvt_f32_ubyte3`
    VCvtF32Ubyte3,
    /// `v_cvt_f64_f32`
    VCvtF64F32,
    /// `v_cvt_f64_i32`
    VCvtF64I32,
    /// `v_cvt_f64_u32`
    VCvtF64U32,
    /// `v_cvt_flr_i32_f32`, `v_cvt_floor_i32_f32`
    VCvtFloorI32F32,
    /// `v_cvt_i16_f16`
    VCvtI16F16,
    /// `v_cvt_i32_f32`
    VCvtI32F32,
    /// `v_cvt_i32_f64`
    VCvtI32F64,
    /// `v_cvt_i32_i16`
    VCvtI32I16,
    /// `v_cvt_rpi_i32_f32`, `v_cvt_nearest_i32_f32`
    VCvtNearestI32F32,
    /// `v_cvt_norm_i16_f16`
    VCvtNormI16F16,
    /// `v_cvt_norm_u16_f16`
    VCvtNormU16F16,
    /// `v_cvt_off_f32_i4`
    VCvtOffF32I4,
    /// `v_cvt_pk_bf8_f32`
    VCvtPkBf8F32,
    /// `v_cvt_pk_f32_bf8`
    VCvtPkF32Bf8,
    /// `v_cvt_pk_f32_fp8`
    VCvtPkF32Fp8,
    /// `v_cvt_pk_fp8_f32`
    VCvtPkFp8F32,
    /// `v_cvt_pk_i16_f32`
    VCvtPkI16F32,
    /// `v_cvt_pk_i16_i32`
    VCvtPkI16I32,
    /// `v_cvt_pknorm_i16_f16`, `v_cvt_pk_norm_i16_f16`
    VCvtPkNormI16F16,
    /// `v_cvt_pknorm_i16_f32`, `v_cvt_pk_norm_i16_f32`
    VCvtPkNormI16F32,
    /// `v_cvt_pknorm_u16_f16`, `v_cvt_pk_norm_u16_f16`
    VCvtPkNormU16F16,
    /// `v_cvt_pknorm_u16_f32`, `v_cvt_pk_norm_u16_f32`
    VCvtPkNormU16F32,
    /// `v_cvt_pkrtz_f16_f32`, `v_cvt_pk_rtz_f16_f32`
    VCvtPkRtzF16F32,
    /// `v_cvt_pk_u16_f32`
    VCvtPkU16F32,
    /// `v_cvt_pk_u16_u32`
    VCvtPkU16U32,
    /// `v_cvt_pk_u8_f32`
    VCvtPkU8F32,
    /// `v_cvt_pkaccum_u8_f32`
    VCvtPkaccumU8F32,
    /// `v_cvt_sr_bf8_f32`
    VCvtSrBf8F32,
    /// `v_cvt_sr_fp8_f32`
    VCvtSrFp8F32,
    /// `v_cvt_u16_f16`
    VCvtU16F16,
    /// `v_cvt_u32_f32`
    VCvtU32F32,
    /// `v_cvt_u32_f64`
    VCvtU32F64,
    /// `v_cvt_u32_u16`
    VCvtU32U16,
    /// `v_div_fixup_f16`
    VDivFixupF16,
    /// `v_div_fixup_f32`
    VDivFixupF32,
    /// `v_div_fixup_f64`
    VDivFixupF64,
    /// `v_div_fixup_legacy_f16`
    VDivFixupLegacyF16,
    /// `v_div_fmas_f32`
    VDivFmasF32,
    /// `v_div_fmas_f64`
    VDivFmasF64,
    /// `v_div_scale_f32`
    VDivScaleF32,
    /// `v_div_scale_f64`
    VDivScaleF64,
    /// `v_dot2_bf16_bf16`
    VDot2Bf16Bf16,
    /// `v_dot2_f16_f16`
    VDot2F16F16,
    /// `v_dot2_f32_bf16`
    VDot2F32Bf16,
    /// `v_dot2_f32_f16`
    VDot2F32F16,
    /// `v_dot2_i32_i16`
    VDot2I32I16,
    /// `v_dot2_u32_u16`
    VDot2U32U16,
    /// `v_dual_dot2acc_f32_bf16`
    VDot2accF32Bf16,
    /// `v_dot2c_f32_f16`, `v_dot2acc_f32_f16`
    VDot2accF32F16,
    /// `v_dot2c_i32_i16`
    VDot2cI32I16,
    /// `v_dot4_i32_i8`
    VDot4I32I8,
    /// `v_dot4_i32_iu8`
    VDot4I32Iu8,
    /// `v_dot4_u32_u8`
    VDot4U32U8,
    /// `v_dot4c_i32_i8`
    VDot4cI32I8,
    /// `v_dot8_i32_i4`
    VDot8I32I4,
    /// `v_dot8_i32_iu4`
    VDot8I32Iu4,
    /// `v_dot8_u32_u4`
    VDot8U32U4,
    /// `v_dot8c_i32_i4`
    VDot8cI32I4,
    /// `v_exp_f16`
    VExpF16,
    /// `v_exp_f32`
    VExpF32,
    /// `v_exp_legacy_f32`
    VExpLegacyF32,
    /// `v_floor_f16`
    VFloorF16,
    /// `v_floor_f32`
    VFloorF32,
    /// `v_floor_f64`
    VFloorF64,
    /// `v_fma_dx9_zero_f32`
    VFmaDx9ZeroF32,
    /// `v_fma_f16`
    VFmaF16,
    /// `v_fma_f32`
    VFmaF32,
    /// `v_fma_f64`
    VFmaF64,
    /// `v_fma_legacy_f16`
    VFmaLegacyF16,
    /// `v_fma_mix_f32`
    VFmaMixF32,
    /// `v_fma_mixhi_f16`
    VFmaMixhiF16,
    /// `v_fma_mixlo_f16`
    VFmaMixloF16,
    /// `v_fmaak_f16`
    VFmaakF16,
    /// `v_fmaak_f32`
    VFmaakF32,
    /// `v_fmac_dx9_zero_f32`
    VFmacDx9ZeroF32,
    /// `v_fmac_f16`
    VFmacF16,
    /// `v_fmac_f32`
    VFmacF32,
    /// `v_fmac_f64`
    VFmacF64,
    /// `v_fmamk_f16`
    VFmamkF16,
    /// `v_fmamk_f32`
    VFmamkF32,
    /// `v_fract_f16`
    VFractF16,
    /// `v_fract_f32`
    VFractF32,
    /// `v_fract_f64`
    VFractF64,
    /// `v_frexp_exp_i16_f16`
    VFrexpExpI16F16,
    /// `v_frexp_exp_i32_f32`
    VFrexpExpI32F32,
    /// `v_frexp_exp_i32_f64`
    VFrexpExpI32F64,
    /// `v_frexp_mant_f16`
    VFrexpMantF16,
    /// `v_frexp_mant_f32`
    VFrexpMantF32,
    /// `v_frexp_mant_f64`
    VFrexpMantF64,
    /// `v_ldexp_f16`
    VLdexpF16,
    /// `v_ldexp_f32`
    VLdexpF32,
    /// `v_ldexp_f64`
    VLdexpF64,
    /// `v_lerp_u8`
    VLerpU8,
    /// `v_log_f16`
    VLogF16,
    /// `v_log_f32`
    VLogF32,
    /// `v_log_legacy_f32`
    VLogLegacyF32,
    /// `v_lshl_add_u32`
    VLshlAddU32,
    /// `v_lshl_add_u64`
    VLshlAddU64,
    /// `v_lshl_or_b32`
    VLshlOrB32,
    /// `v_lshlrev_b16`
    VLshlrevB16,
    /// `v_lshlrev_b32`
    VLshlrevB32,
    /// `v_lshlrev_b64`
    VLshlrevB64,
    /// `v_lshrrev_b16`
    VLshrrevB16,
    /// `v_lshrrev_b32`
    VLshrrevB32,
    /// `v_lshrrev_b64`
    VLshrrevB64,
    /// `v_mac_f16`
    VMacF16,
    /// `v_mac_f32`
    VMacF32,
    /// `v_mad_f16`
    VMadF16,
    /// `v_mad_f32`
    VMadF32,
    /// `v_mad_i16`
    VMadI16,
    /// `v_mad_i32_i16`
    VMadI32I16,
    /// `v_mad_i32_i24`
    VMadI32I24,
    /// `v_mad_i64_i32`
    VMadI64I32,
    /// `v_mad_legacy_f16`
    VMadLegacyF16,
    /// `v_mad_legacy_f32`
    VMadLegacyF32,
    /// `v_mad_legacy_i16`
    VMadLegacyI16,
    /// `v_mad_legacy_u16`
    VMadLegacyU16,
    /// `v_mad_u16`
    VMadU16,
    /// `v_mad_u32_u16`
    VMadU32U16,
    /// `v_mad_u32_u24`
    VMadU32U24,
    /// `v_mad_u64_u32`
    VMadU64U32,
    /// `v_madak_f16`
    VMadakF16,
    /// `v_madak_f32`
    VMadakF32,
    /// `v_madmk_f16`
    VMadmkF16,
    /// `v_madmk_f32`
    VMadmkF32,
    /// `v_max3_f16`
    VMax3F16,
    /// `v_max3_f32`
    VMax3F32,
    /// `v_max3_i16`
    VMax3I16,
    /// `v_max3_i32`
    VMax3I32,
    /// `v_max3_u16`
    VMax3U16,
    /// `v_max3_u32`
    VMax3U32,
    /// `v_max_f16`
    VMaxF16,
    /// `v_max_f32`
    VMaxF32,
    /// `v_max_f64`
    VMaxF64,
    /// `v_max_i16`
    VMaxI16,
    /// `v_max_i32`
    VMaxI32,
    /// `v_max_u16`
    VMaxU16,
    /// `v_max_u32`
    VMaxU32,
    /// `v_maxmin_f16`
    VMaxminF16,
    /// `v_maxmin_f32`
    VMaxminF32,
    /// `v_maxmin_i32`
    VMaxminI32,
    /// `v_maxmin_u32`
    VMaxminU32,
    /// `v_mbcnt_hi_u32_b32`
    VMbcntHiU32B32,
    /// `v_mbcnt_lo_u32_b32`
    VMbcntLoU32B32,
    /// `v_med3_f16`
    VMed3F16,
    /// `v_med3_f32`
    VMed3F32,
    /// `v_med3_i16`
    VMed3I16,
    /// `v_med3_i32`
    VMed3I32,
    /// `v_med3_u16`
    VMed3U16,
    /// `v_med3_u32`
    VMed3U32,
    /// `v_mfma_f32_16x16x16bf16_1k`, `v_mfma_f32_16x16x16_bf16`
    VMfmaF32_16x16x16Bf16,
    /// `v_mfma_f32_16x16x16f16`, `v_mfma_f32_16x16x16_f16`
    VMfmaF32_16x16x16F16,
    /// `v_mfma_f32_16x16x1f32`, `v_mfma_f32_16x16x1_4b_f32`
    VMfmaF32_16x16x1_4bF32,
    /// `v_mfma_f32_16x16x2bf16`
    VMfmaF32_16x16x2_4bBf16,
    /// `v_mfma_f32_16x16x32_bf8_bf8`
    VMfmaF32_16x16x32Bf8Bf8,
    /// `v_mfma_f32_16x16x32_bf8_fp8`
    VMfmaF32_16x16x32Bf8Fp8,
    /// `v_mfma_f32_16x16x32_fp8_bf8`
    VMfmaF32_16x16x32Fp8Bf8,
    /// `v_mfma_f32_16x16x32_fp8_fp8`
    VMfmaF32_16x16x32Fp8Fp8,
    /// `v_mfma_f32_16x16x4bf16_1k`, `v_mfma_f32_16x16x4_4b_bf16`
    VMfmaF32_16x16x4_4bBf16,
    /// `v_mfma_f32_16x16x4f16`, `v_mfma_f32_16x16x4_4b_f16`
    VMfmaF32_16x16x4_4bF16,
    /// `v_mfma_f32_16x16x4f32`, `v_mfma_f32_16x16x4_f32`
    VMfmaF32_16x16x4F32,
    /// `v_mfma_f32_16x16x8bf16`
    VMfmaF32_16x16x8Bf16,
    /// `v_mfma_f32_16x16x8_xf32`
    VMfmaF32_16x16x8Xf32,
    /// `v_mfma_f32_32x32x16_bf8_bf8`
    VMfmaF32_32x32x16Bf8Bf8,
    /// `v_mfma_f32_32x32x16_bf8_fp8`
    VMfmaF32_32x32x16Bf8Fp8,
    /// `v_mfma_f32_32x32x16_fp8_bf8`
    VMfmaF32_32x32x16Fp8Bf8,
    /// `v_mfma_f32_32x32x16_fp8_fp8`
    VMfmaF32_32x32x16Fp8Fp8,
    /// `v_mfma_f32_32x32x1f32`, `v_mfma_f32_32x32x1_2b_f32`
    VMfmaF32_32x32x1_2bF32,
    /// `v_mfma_f32_32x32x2bf16`
    VMfmaF32_32x32x2_2bBf16,
    /// `v_mfma_f32_32x32x2f32`, `v_mfma_f32_32x32x2_f32`
    VMfmaF32_32x32x2F32,
    /// `v_mfma_f32_32x32x4bf16_1k`, `v_mfma_f32_32x32x4_2b_bf16`
    VMfmaF32_32x32x4_2bBf16,
    /// `v_mfma_f32_32x32x4f16`, `v_mfma_f32_32x32x4_2b_f16`
    VMfmaF32_32x32x4_2bF16,
    /// `v_mfma_f32_32x32x4bf16`
    VMfmaF32_32x32x4Bf16,
    /// `v_mfma_f32_32x32x4_xf32`
    VMfmaF32_32x32x4Xf32,
    /// `v_mfma_f32_32x32x8bf16_1k`, `v_mfma_f32_32x32x8_bf16`
    VMfmaF32_32x32x8Bf16,
    /// `v_mfma_f32_32x32x8f16`, `v_mfma_f32_32x32x8_f16`
    VMfmaF32_32x32x8F16,
    /// `v_mfma_f32_4x4x1f32`, `v_mfma_f32_4x4x1_16b_f32`
    VMfmaF32_4x4x1_16bF32,
    /// `v_mfma_f32_4x4x2bf16`
    VMfmaF32_4x4x2_16bBf16,
    /// `v_mfma_f32_4x4x4bf16_1k`, `v_mfma_f32_4x4x4_16b_bf16`
    VMfmaF32_4x4x4_16bBf16,
    /// `v_mfma_f32_4x4x4f16`, `v_mfma_f32_4x4x4_16b_f16`
    VMfmaF32_4x4x4_16bF16,
    /// `v_mfma_f64_16x16x4f64`, `v_mfma_f64_16x16x4_f64`
    VMfmaF64_16x16x4F64,
    /// `v_mfma_f64_4x4x4f64`, `v_mfma_f64_4x4x4_4b_f64`
    VMfmaF64_4x4x4_4bF64,
    /// `v_mfma_i32_16x16x16i8`
    VMfmaI32_16x16x16I8,
    /// `v_mfma_i32_16x16x32_i8`
    VMfmaI32_16x16x32I8,
    /// `v_mfma_i32_16x16x4i8`, `v_mfma_i32_16x16x4_4b_i8`
    VMfmaI32_16x16x4_4bI8,
    /// `v_mfma_i32_32x32x16_i8`
    VMfmaI32_32x32x16I8,
    /// `v_mfma_i32_32x32x4i8`, `v_mfma_i32_32x32x4_2b_i8`
    VMfmaI32_32x32x4_2bI8,
    /// `v_mfma_i32_32x32x8i8`
    VMfmaI32_32x32x8I8,
    /// `v_mfma_i32_4x4x4i8`, `v_mfma_i32_4x4x4_16b_i8`
    VMfmaI32_4x4x4_16bI8,
    /// `v_min3_f16`
    VMin3F16,
    /// `v_min3_f32`
    VMin3F32,
    /// `v_min3_i16`
    VMin3I16,
    /// `v_min3_i32`
    VMin3I32,
    /// `v_min3_u16`
    VMin3U16,
    /// `v_min3_u32`
    VMin3U32,
    /// `v_min_f16`
    VMinF16,
    /// `v_min_f32`
    VMinF32,
    /// `v_min_f64`
    VMinF64,
    /// `v_min_i16`
    VMinI16,
    /// `v_min_i32`
    VMinI32,
    /// `v_min_u16`
    VMinU16,
    /// `v_min_u32`
    VMinU32,
    /// `v_minmax_f16`
    VMinmaxF16,
    /// `v_minmax_f32`
    VMinmaxF32,
    /// `v_minmax_i32`
    VMinmaxI32,
    /// `v_minmax_u32`
    VMinmaxU32,
    /// `v_mov_b16`
    VMovB16,
    /// `v_mov_b32`
    VMovB32,
    /// `v_mov_b64`
    VMovB64,
    /// `v_movreld_b32`
    VMovreldB32,
    /// `v_movrels_b32`
    VMovrelsB32,
    /// `v_movrelsd_2_b32`
    VMovrelsd2B32,
    /// `v_movrelsd_b32`
    VMovrelsdB32,
    /// `v_mqsad_pk_u16_u8`
    VMqsadPkU16U8,
    /// `v_mqsad_u32_u8`
    VMqsadU32U8,
    /// `v_msad_u8`
    VMsadU8,
    /// `v_mul_legacy_f32`, `v_mul_dx9_zero_f32`
    VMulDx9ZeroF32,
    /// `v_mul_f16`
    VMulF16,
    /// `v_mul_f32`
    VMulF32,
    /// `v_mul_f64`
    VMulF64,
    /// `v_mul_hi_i32`
    VMulHiI32,
    /// `v_mul_hi_i32_i24`
    VMulHiI32I24,
    /// `v_mul_hi_u32`
    VMulHiU32,
    /// `v_mul_hi_u32_u24`
    VMulHiU32U24,
    /// `v_mul_i32_i24`
    VMulI32I24,
    /// `v_mul_lo_u16`
    VMulLoU16,
    /// `v_mul_lo_u32`
    VMulLoU32,
    /// `v_mul_u32_u24`
    VMulU32U24,
    /// `v_mullit_f32`
    VMullitF32,
    /// `v_nop`
    VNop,
    /// `v_not_b16`
    VNotB16,
    /// `v_not_b32`
    VNotB32,
    /// `v_or3_b32`
    VOr3B32,
    /// `v_or_b16`
    VOrB16,
    /// `v_or_b32`
    VOrB32,
    /// `v_pack_b32_f16`
    VPackB32F16,
    /// `v_perm_b32`
    VPermB32,
    /// `v_permlane16_b32`
    VPermlane16B32,
    /// `v_permlane64_b32`
    VPermlane64B32,
    /// `v_permlanex16_b32`
    VPermlanex16B32,
    /// `v_pipeflush`
    VPipeflush,
    /// `v_pk_add_f16`
    VPkAddF16,
    /// `v_pk_add_f32`
    VPkAddF32,
    /// `v_pk_add_i16`
    VPkAddI16,
    /// `v_pk_add_u16`
    VPkAddU16,
    /// `v_pk_ashrrev_i16`
    VPkAshrrevI16,
    /// `v_pk_fma_f16`
    VPkFmaF16,
    /// `v_pk_fma_f32`
    VPkFmaF32,
    /// `v_pk_fmac_f16`
    VPkFmacF16,
    /// `v_pk_lshlrev_b16`
    VPkLshlrevB16,
    /// `v_pk_lshrrev_b16`
    VPkLshrrevB16,
    /// `v_pk_mad_i16`
    VPkMadI16,
    /// `v_pk_mad_u16`
    VPkMadU16,
    /// `v_pk_max_f16`
    VPkMaxF16,
    /// `v_pk_max_i16`
    VPkMaxI16,
    /// `v_pk_max_u16`
    VPkMaxU16,
    /// `v_pk_min_f16`
    VPkMinF16,
    /// `v_pk_min_i16`
    VPkMinI16,
    /// `v_pk_min_u16`
    VPkMinU16,
    /// `v_pk_mov_b32`
    VPkMovB32,
    /// `v_pk_mul_f16`
    VPkMulF16,
    /// `v_pk_mul_f32`
    VPkMulF32,
    /// `v_pk_mul_lo_u16`
    VPkMulLoU16,
    /// `v_pk_sub_i16`
    VPkSubI16,
    /// `v_pk_sub_u16`
    VPkSubU16,
    /// `v_qsad_pk_u16_u8`
    VQsadPkU16U8,
    /// `v_rcp_f16`
    VRcpF16,
    /// `v_rcp_f32`
    VRcpF32,
    /// `v_rcp_f64`
    VRcpF64,
    /// `v_rcp_iflag_f32`
    VRcpIflagF32,
    /// `v_readfirstlane_b32`
    VReadfirstlaneB32,
    /// `v_readlane_b32`
    VReadlaneB32,
    /// `v_rndne_f16`
    VRndneF16,
    /// `v_rndne_f32`
    VRndneF32,
    /// `v_rndne_f64`
    VRndneF64,
    /// `v_rsq_f16`
    VRsqF16,
    /// `v_rsq_f32`
    VRsqF32,
    /// `v_rsq_f64`
    VRsqF64,
    /// `v_sad_hi_u8`
    VSadHiU8,
    /// `v_sad_u16`
    VSadU16,
    /// `v_sad_u32`
    VSadU32,
    /// `v_sad_u8`
    VSadU8,
    /// `v_sat_pk_u8_i16`
    VSatPkU8I16,
    /// `v_screen_partition_4se_b32`
    VScreenPartition4seB32,
    /// `v_sin_f16`
    VSinF16,
    /// `v_sin_f32`
    VSinF32,
    /// `v_smfmac_f32_16x16x32_bf16`
    VSmfmacF32_16x16x32Bf16,
    /// `v_smfmac_f32_16x16x32_f16`
    VSmfmacF32_16x16x32F16,
    /// `v_smfmac_f32_16x16x64_bf8_bf8`
    VSmfmacF32_16x16x64Bf8Bf8,
    /// `v_smfmac_f32_16x16x64_bf8_fp8`
    VSmfmacF32_16x16x64Bf8Fp8,
    /// `v_smfmac_f32_16x16x64_fp8_bf8`
    VSmfmacF32_16x16x64Fp8Bf8,
    /// `v_smfmac_f32_16x16x64_fp8_fp8`
    VSmfmacF32_16x16x64Fp8Fp8,
    /// `v_smfmac_f32_32x32x16_bf16`
    VSmfmacF32_32x32x16Bf16,
    /// `v_smfmac_f32_32x32x16_f16`
    VSmfmacF32_32x32x16F16,
    /// `v_smfmac_f32_32x32x32_bf8_bf8`
    VSmfmacF32_32x32x32Bf8Bf8,
    /// `v_smfmac_f32_32x32x32_bf8_fp8`
    VSmfmacF32_32x32x32Bf8Fp8,
    /// `v_smfmac_f32_32x32x32_fp8_bf8`
    VSmfmacF32_32x32x32Fp8Bf8,
    /// `v_smfmac_f32_32x32x32_fp8_fp8`
    VSmfmacF32_32x32x32Fp8Fp8,
    /// `v_smfmac_i32_16x16x64_i8`
    VSmfmacI32_16x16x64I8,
    /// `v_smfmac_i32_32x32x32_i8`
    VSmfmacI32_32x32x32I8,
    /// `v_sqrt_f16`
    VSqrtF16,
    /// `v_sqrt_f32`
    VSqrtF32,
    /// `v_sqrt_f64`
    VSqrtF64,
    /// `v_subb_co_u32`, `v_sub_co_ci_u32`
    VSubCoCiU32,
    /// `v_sub_co_u32`
    VSubCoU32,
    /// `v_sub_f16`
    VSubF16,
    /// `v_sub_f32`
    VSubF32,
    /// `v_sub_i16`, `v_sub_nc_i16`
    VSubNcI16,
    /// `v_sub_i32`, `v_sub_nc_i32`
    VSubNcI32,
    /// `v_sub_u16`, `v_sub_nc_u16`
    VSubNcU16,
    /// `v_sub_u32`, `v_sub_nc_u32`
    VSubNcU32,
    /// `v_subbrev_co_u32`, `v_subrev_co_ci_u32`
    VSubrevCoCiU32,
    /// `v_subrev_co_u32`
    VSubrevCoU32,
    /// `v_subrev_f16`
    VSubrevF16,
    /// `v_subrev_f32`
    VSubrevF32,
    /// `v_subrev_u16`
    VSubrevNcU16,
    /// `v_subrev_u32`, `v_subrev_nc_u32`
    VSubrevNcU32,
    /// `v_swap_b16`
    VSwapB16,
    /// `v_swap_b32`
    VSwapB32,
    /// `v_swaprel_b32`
    VSwaprelB32,
    /// `v_trig_preop_f64`
    VTrigPreopF64,
    /// `v_trunc_f16`
    VTruncF16,
    /// `v_trunc_f32`
    VTruncF32,
    /// `v_trunc_f64`
    VTruncF64,
    /// `v_wmma_bf16_16x16x16_bf16`
    VWmmaBf16_16x16x16Bf16,
    /// `v_wmma_f16_16x16x16_f16`
    VWmmaF16_16x16x16F16,
    /// `v_wmma_f32_16x16x16_bf16`
    VWmmaF32_16x16x16Bf16,
    /// `v_wmma_f32_16x16x16_f16`
    VWmmaF32_16x16x16F16,
    /// `v_wmma_i32_16x16x16_iu4`
    VWmmaI32_16x16x16Iu4,
    /// `v_wmma_i32_16x16x16_iu8`
    VWmmaI32_16x16x16Iu8,
    /// `v_writelane_b32`
    VWritelaneB32,
    /// `v_xad_u32`
    VXadU32,
    /// `v_xnor_b32`
    VXnorB32,
    /// `v_xor3_b32`
    VXor3B32,
    /// `v_xor_b16`
    VXorB16,
    /// `v_xor_b32`
    VXorB32,
    /// `ds_add_f32`
    DsAddF32,
    /// `ds_add_f64`
    DsAddF64,
    /// `ds_add_rtn_f32`
    DsAddRtnF32,
    /// `ds_add_rtn_f64`
    DsAddRtnF64,
    /// `ds_add_rtn_u32`
    DsAddRtnU32,
    /// `ds_add_rtn_u64`
    DsAddRtnU64,
    /// `ds_add_u32`
    DsAddU32,
    /// `ds_add_u64`
    DsAddU64,
    /// `ds_and_b32`
    DsAndB32,
    /// `ds_and_b64`
    DsAndB64,
    /// `ds_and_rtn_b32`
    DsAndRtnB32,
    /// `ds_and_rtn_b64`
    DsAndRtnB64,
    /// `ds_append`
    DsAppend,
    /// `ds_bpermute_b32`
    DsBpermuteB32,
    /// `ds_bvh_stack_rtn_b32`
    DsBvhStackRtnB32,
    /// `ds_cmpst_b32`
    DsCmpstB32,
    /// `ds_cmpst_b64`
    DsCmpstB64,
    /// `ds_cmpst_f32`
    DsCmpstF32,
    /// `ds_cmpst_f64`
    DsCmpstF64,
    /// `ds_cmpst_rtn_b32`
    DsCmpstRtnB32,
    /// `ds_cmpst_rtn_b64`
    DsCmpstRtnB64,
    /// `ds_cmpst_rtn_f32`
    DsCmpstRtnF32,
    /// `ds_cmpst_rtn_f64`
    DsCmpstRtnF64,
    /// `ds_cmpstore_b32`
    DsCmpstoreB32,
    /// `ds_cmpstore_b64`
    DsCmpstoreB64,
    /// `ds_cmpstore_f32`
    DsCmpstoreF32,
    /// `ds_cmpstore_f64`
    DsCmpstoreF64,
    /// `ds_cmpstore_rtn_b32`
    DsCmpstoreRtnB32,
    /// `ds_cmpstore_rtn_b64`
    DsCmpstoreRtnB64,
    /// `ds_cmpstore_rtn_f32`
    DsCmpstoreRtnF32,
    /// `ds_cmpstore_rtn_f64`
    DsCmpstoreRtnF64,
    /// `ds_condxchg32_rtn_b64`
    DsCondxchg32RtnB64,
    /// `ds_consume`
    DsConsume,
    /// `ds_dec_rtn_u32`
    DsDecRtnU32,
    /// `ds_dec_rtn_u64`
    DsDecRtnU64,
    /// `ds_dec_u32`
    DsDecU32,
    /// `ds_dec_u64`
    DsDecU64,
    /// `ds_inc_rtn_u32`
    DsIncRtnU32,
    /// `ds_inc_rtn_u64`
    DsIncRtnU64,
    /// `ds_inc_u32`
    DsIncU32,
    /// `ds_inc_u64`
    DsIncU64,
    /// `ds_read2_b32`, `ds_load_2addr_b32`
    DsLoad2addrB32,
    /// `ds_read2_b64`, `ds_load_2addr_b64`
    DsLoad2addrB64,
    /// `ds_read2st64_b32`, `ds_load_2addr_stride64_b32`
    DsLoad2addrStride64B32,
    /// `ds_read2st64_b64`, `ds_load_2addr_stride64_b64`
    DsLoad2addrStride64B64,
    /// `ds_read_addtid_b32`, `ds_load_addtid_b32`
    DsLoadAddtidB32,
    /// `ds_read_b128`, `ds_load_b128`
    DsLoadB128,
    /// `ds_read_b32`, `ds_load_b32`
    DsLoadB32,
    /// `ds_read_b64`, `ds_load_b64`
    DsLoadB64,
    /// `ds_read_b96`, `ds_load_b96`
    DsLoadB96,
    /// `ds_read_i16`, `ds_load_i16`
    DsLoadI16,
    /// `ds_read_i8`, `ds_load_i8`
    DsLoadI8,
    /// `ds_read_i8_d16`, `ds_load_i8_d16`
    DsLoadI8D16,
    /// `ds_read_i8_d16_hi`, `ds_load_i8_d16_hi`
    DsLoadI8D16Hi,
    /// `ds_read_u16`, `ds_load_u16`
    DsLoadU16,
    /// `ds_read_u16_d16`, `ds_load_u16_d16`
    DsLoadU16D16,
    /// `ds_read_u16_d16_hi`, `ds_load_u16_d16_hi`
    DsLoadU16D16Hi,
    /// `ds_read_u8`, `ds_load_u8`
    DsLoadU8,
    /// `ds_read_u8_d16`, `ds_load_u8_d16`
    DsLoadU8D16,
    /// `ds_read_u8_d16_hi`, `ds_load_u8_d16_hi`
    DsLoadU8D16Hi,
    /// `ds_max_f32`
    DsMaxF32,
    /// `ds_max_f64`
    DsMaxF64,
    /// `ds_max_i32`
    DsMaxI32,
    /// `ds_max_i64`
    DsMaxI64,
    /// `ds_max_rtn_f32`
    DsMaxRtnF32,
    /// `ds_max_rtn_f64`
    DsMaxRtnF64,
    /// `ds_max_rtn_i32`
    DsMaxRtnI32,
    /// `ds_max_rtn_i64`
    DsMaxRtnI64,
    /// `ds_max_rtn_u32`
    DsMaxRtnU32,
    /// `ds_max_rtn_u64`
    DsMaxRtnU64,
    /// `ds_max_u32`
    DsMaxU32,
    /// `ds_max_u64`
    DsMaxU64,
    /// `ds_min_f32`
    DsMinF32,
    /// `ds_min_f64`
    DsMinF64,
    /// `ds_min_i32`
    DsMinI32,
    /// `ds_min_i64`
    DsMinI64,
    /// `ds_min_rtn_f32`
    DsMinRtnF32,
    /// `ds_min_rtn_f64`
    DsMinRtnF64,
    /// `ds_min_rtn_i32`
    DsMinRtnI32,
    /// `ds_min_rtn_i64`
    DsMinRtnI64,
    /// `ds_min_rtn_u32`
    DsMinRtnU32,
    /// `ds_min_rtn_u64`
    DsMinRtnU64,
    /// `ds_min_u32`
    DsMinU32,
    /// `ds_min_u64`
    DsMinU64,
    /// `ds_mskor_b32`
    DsMskorB32,
    /// `ds_mskor_b64`
    DsMskorB64,
    /// `ds_mskor_rtn_b32`
    DsMskorRtnB32,
    /// `ds_mskor_rtn_b64`
    DsMskorRtnB64,
    /// `ds_nop`
    DsNop,
    /// `ds_or_b32`
    DsOrB32,
    /// `ds_or_b64`
    DsOrB64,
    /// `ds_or_rtn_b32`
    DsOrRtnB32,
    /// `ds_or_rtn_b64`
    DsOrRtnB64,
    /// `ds_permute_b32`
    DsPermuteB32,
    /// `ds_pk_add_bf16`
    DsPkAddBf16,
    /// `ds_pk_add_f16`
    DsPkAddF16,
    /// `ds_pk_add_rtn_bf16`
    DsPkAddRtnBf16,
    /// `ds_pk_add_rtn_f16`
    DsPkAddRtnF16,
    /// `ds_rsub_rtn_u32`
    DsRsubRtnU32,
    /// `ds_rsub_rtn_u64`
    DsRsubRtnU64,
    /// `ds_rsub_u32`
    DsRsubU32,
    /// `ds_rsub_u64`
    DsRsubU64,
    /// `ds_write2_b32`, `ds_store_2addr_b32`
    DsStore2addrB32,
    /// `ds_write2_b64`, `ds_store_2addr_b64`
    DsStore2addrB64,
    /// `ds_write2st64_b32`, `ds_store_2addr_stride64_b32`
    DsStore2addrStride64B32,
    /// `ds_write2st64_b64`, `ds_store_2addr_stride64_b64`
    DsStore2addrStride64B64,
    /// `ds_write_addtid_b32`, `ds_store_addtid_b32`
    DsStoreAddtidB32,
    /// `ds_write_b128`, `ds_store_b128`
    DsStoreB128,
    /// `ds_write_b16`, `ds_store_b16`
    DsStoreB16,
    /// `ds_write_b16_d16_hi`, `ds_store_b16_d16_hi`
    DsStoreB16D16Hi,
    /// `ds_write_b32`, `ds_store_b32`
    DsStoreB32,
    /// `ds_write_b64`, `ds_store_b64`
    DsStoreB64,
    /// `ds_write_b8`, `ds_store_b8`
    DsStoreB8,
    /// `ds_write_b8_d16_hi`, `ds_store_b8_d16_hi`
    DsStoreB8D16Hi,
    /// `ds_write_b96`, `ds_store_b96`
    DsStoreB96,
    /// `ds_wrxchg2_rtn_b32`, `ds_storexchg_2addr_rtn_b32`
    DsStorexchg2addrRtnB32,
    /// `ds_wrxchg2_rtn_b64`, `ds_storexchg_2addr_rtn_b64`
    DsStorexchg2addrRtnB64,
    /// `ds_wrxchg2st64_rtn_b32`, `ds_storexchg_2addr_stride64_rtn_b32`
    DsStorexchg2addrStride64RtnB32,
    /// `ds_wrxchg2st64_rtn_b64`, `ds_storexchg_2addr_stride64_rtn_b64`
    DsStorexchg2addrStride64RtnB64,
    /// `ds_wrxchg_rtn_b32`, `ds_storexchg_rtn_b32`
    DsStorexchgRtnB32,
    /// `ds_wrxchg_rtn_b64`, `ds_storexchg_rtn_b64`
    DsStorexchgRtnB64,
    /// `ds_sub_rtn_u32`
    DsSubRtnU32,
    /// `ds_sub_rtn_u64`
    DsSubRtnU64,
    /// `ds_sub_u32`
    DsSubU32,
    /// `ds_sub_u64`
    DsSubU64,
    /// `ds_swizzle_b32`
    DsSwizzleB32,
    /// `ds_wrap_rtn_b32`
    DsWrapRtnB32,
    /// `ds_xor_b32`
    DsXorB32,
    /// `ds_xor_b64`
    DsXorB64,
    /// `ds_xor_rtn_b32`
    DsXorRtnB32,
    /// `ds_xor_rtn_b64`
    DsXorRtnB64,
    /// `flat_atomic_add_f32`
    FlatAtomicAddF32,
    /// `flat_atomic_add_f64`
    FlatAtomicAddF64,
    /// `flat_atomic_add`, `flat_atomic_add_u32`
    FlatAtomicAddU32,
    /// `flat_atomic_add_x2`, `flat_atomic_add_u64`
    FlatAtomicAddU64,
    /// `flat_atomic_and`, `flat_atomic_and_b32`
    FlatAtomicAndB32,
    /// `flat_atomic_and_x2`, `flat_atomic_and_b64`
    FlatAtomicAndB64,
    /// `flat_atomic_cmpswap`, `flat_atomic_cmpswap_b32`
    FlatAtomicCmpswapB32,
    /// `flat_atomic_cmpswap_x2`, `flat_atomic_cmpswap_b64`
    FlatAtomicCmpswapB64,
    /// `flat_atomic_cmpswap_f32`
    FlatAtomicCmpswapF32,
    /// `flat_atomic_dec`, `flat_atomic_dec_u32`
    FlatAtomicDecU32,
    /// `flat_atomic_dec_x2`, `flat_atomic_dec_u64`
    FlatAtomicDecU64,
    /// `flat_atomic_inc`, `flat_atomic_inc_u32`
    FlatAtomicIncU32,
    /// `flat_atomic_inc_x2`, `flat_atomic_inc_u64`
    FlatAtomicIncU64,
    /// `flat_atomic_max_f32`
    FlatAtomicMaxF32,
    /// `flat_atomic_max_f64`
    FlatAtomicMaxF64,
    /// `flat_atomic_smax`, `flat_atomic_max_i32`
    FlatAtomicMaxI32,
    /// `flat_atomic_smax_x2`, `flat_atomic_max_i64`
    FlatAtomicMaxI64,
    /// `flat_atomic_umax`, `flat_atomic_max_u32`
    FlatAtomicMaxU32,
    /// `flat_atomic_umax_x2`, `flat_atomic_max_u64`
    FlatAtomicMaxU64,
    /// `flat_atomic_min_f32`
    FlatAtomicMinF32,
    /// `flat_atomic_min_f64`
    FlatAtomicMinF64,
    /// `flat_atomic_smin`, `flat_atomic_min_i32`
    FlatAtomicMinI32,
    /// `flat_atomic_smin_x2`, `flat_atomic_min_i64`
    FlatAtomicMinI64,
    /// `flat_atomic_umin`, `flat_atomic_min_u32`
    FlatAtomicMinU32,
    /// `flat_atomic_umin_x2`, `flat_atomic_min_u64`
    FlatAtomicMinU64,
    /// `flat_atomic_or`, `flat_atomic_or_b32`
    FlatAtomicOrB32,
    /// `flat_atomic_or_x2`, `flat_atomic_or_b64`
    FlatAtomicOrB64,
    /// `flat_atomic_pk_add_bf16`
    FlatAtomicPkAddBf16,
    /// `flat_atomic_pk_add_f16`
    FlatAtomicPkAddF16,
    /// `flat_atomic_sub`, `flat_atomic_sub_u32`
    FlatAtomicSubU32,
    /// `flat_atomic_sub_x2`, `flat_atomic_sub_u64`
    FlatAtomicSubU64,
    /// `flat_atomic_swap`, `flat_atomic_swap_b32`
    FlatAtomicSwapB32,
    /// `flat_atomic_swap_x2`, `flat_atomic_swap_b64`
    FlatAtomicSwapB64,
    /// `flat_atomic_xor`, `flat_atomic_xor_b32`
    FlatAtomicXorB32,
    /// `flat_atomic_xor_x2`, `flat_atomic_xor_b64`
    FlatAtomicXorB64,
    /// `flat_load_dwordx4`, `flat_load_b128`
    FlatLoadB128,
    /// `flat_load_dword`, `flat_load_b32`
    FlatLoadB32,
    /// `flat_load_dwordx2`, `flat_load_b64`
    FlatLoadB64,
    /// `flat_load_dwordx3`, `flat_load_b96`
    FlatLoadB96,
    /// `flat_load_short_d16`, `flat_load_d16_b16`
    FlatLoadD16B16,
    /// `flat_load_short_d16_hi`, `flat_load_d16_hi_b16`
    FlatLoadD16HiB16,
    /// `flat_load_sbyte_d16_hi`, `flat_load_d16_hi_i8`
    FlatLoadD16HiI8,
    /// `flat_load_ubyte_d16_hi`, `flat_load_d16_hi_u8`
    FlatLoadD16HiU8,
    /// `flat_load_sbyte_d16`, `flat_load_d16_i8`
    FlatLoadD16I8,
    /// `flat_load_ubyte_d16`, `flat_load_d16_u8`
    FlatLoadD16U8,
    /// `flat_load_sshort`, `flat_load_i16`
    FlatLoadI16,
    /// `flat_load_sbyte`, `flat_load_i8`
    FlatLoadI8,
    /// `flat_load_ushort`, `flat_load_u16`
    FlatLoadU16,
    /// `flat_load_ubyte`, `flat_load_u8`
    FlatLoadU8,
    /// `flat_store_dwordx4`, `flat_store_b128`
    FlatStoreB128,
    /// `flat_store_short`, `flat_store_b16`
    FlatStoreB16,
    /// `flat_store_dword`, `flat_store_b32`
    FlatStoreB32,
    /// `flat_store_dwordx2`, `flat_store_b64`
    FlatStoreB64,
    /// `flat_store_byte`, `flat_store_b8`
    FlatStoreB8,
    /// `flat_store_dwordx3`, `flat_store_b96`
    FlatStoreB96,
    /// `flat_store_short_d16_hi`, `flat_store_d16_hi_b16`
    FlatStoreD16HiB16,
    /// `flat_store_byte_d16_hi`, `flat_store_d16_hi_b8`
    FlatStoreD16HiB8,
    /// `global_atomic_add_f32`
    GlobalAtomicAddF32,
    /// `global_atomic_add_f64`
    GlobalAtomicAddF64,
    /// `global_atomic_add`, `global_atomic_add_u32`
    GlobalAtomicAddU32,
    /// `global_atomic_add_x2`, `global_atomic_add_u64`
    GlobalAtomicAddU64,
    /// `global_atomic_and`, `global_atomic_and_b32`
    GlobalAtomicAndB32,
    /// `global_atomic_and_x2`, `global_atomic_and_b64`
    GlobalAtomicAndB64,
    /// `global_atomic_cmpswap`, `global_atomic_cmpswap_b32`
    GlobalAtomicCmpswapB32,
    /// `global_atomic_cmpswap_x2`, `global_atomic_cmpswap_b64`
    GlobalAtomicCmpswapB64,
    /// `global_atomic_cmpswap_f32`
    GlobalAtomicCmpswapF32,
    /// `global_atomic_csub_u32`
    GlobalAtomicCsubU32,
    /// `global_atomic_dec`, `global_atomic_dec_u32`
    GlobalAtomicDecU32,
    /// `global_atomic_dec_x2`, `global_atomic_dec_u64`
    GlobalAtomicDecU64,
    /// `global_atomic_inc`, `global_atomic_inc_u32`
    GlobalAtomicIncU32,
    /// `global_atomic_inc_x2`, `global_atomic_inc_u64`
    GlobalAtomicIncU64,
    /// `global_atomic_max_f32`
    GlobalAtomicMaxF32,
    /// `global_atomic_max_f64`
    GlobalAtomicMaxF64,
    /// `global_atomic_smax`, `global_atomic_max_i32`
    GlobalAtomicMaxI32,
    /// `global_atomic_smax_x2`, `global_atomic_max_i64`
    GlobalAtomicMaxI64,
    /// `global_atomic_umax`, `global_atomic_max_u32`
    GlobalAtomicMaxU32,
    /// `global_atomic_umax_x2`, `global_atomic_max_u64`
    GlobalAtomicMaxU64,
    /// `global_atomic_min_f32`
    GlobalAtomicMinF32,
    /// `global_atomic_min_f64`
    GlobalAtomicMinF64,
    /// `global_atomic_smin`, `global_atomic_min_i32`
    GlobalAtomicMinI32,
    /// `global_atomic_smin_x2`, `global_atomic_min_i64`
    GlobalAtomicMinI64,
    /// `global_atomic_umin`, `global_atomic_min_u32`
    GlobalAtomicMinU32,
    /// `global_atomic_umin_x2`, `global_atomic_min_u64`
    GlobalAtomicMinU64,
    /// `global_atomic_or`, `global_atomic_or_b32`
    GlobalAtomicOrB32,
    /// `global_atomic_or_x2`, `global_atomic_or_b64`
    GlobalAtomicOrB64,
    /// `global_atomic_pk_add_bf16`
    GlobalAtomicPkAddBf16,
    /// `global_atomic_pk_add_f16`
    GlobalAtomicPkAddF16,
    /// `global_atomic_sub`, `global_atomic_sub_u32`
    GlobalAtomicSubU32,
    /// `global_atomic_sub_x2`, `global_atomic_sub_u64`
    GlobalAtomicSubU64,
    /// `global_atomic_swap`, `global_atomic_swap_b32`
    GlobalAtomicSwapB32,
    /// `global_atomic_swap_x2`, `global_atomic_swap_b64`
    GlobalAtomicSwapB64,
    /// `global_atomic_xor`, `global_atomic_xor_b32`
    GlobalAtomicXorB32,
    /// `global_atomic_xor_x2`, `global_atomic_xor_b64`
    GlobalAtomicXorB64,
    /// `global_load_addtid_b32`
    GlobalLoadAddtidB32,
    /// `global_load_dwordx4`, `global_load_b128`
    GlobalLoadB128,
    /// `global_load_dword`, `global_load_b32`
    GlobalLoadB32,
    /// `global_load_dwordx2`, `global_load_b64`
    GlobalLoadB64,
    /// `global_load_dwordx3`, `global_load_b96`
    GlobalLoadB96,
    /// `global_load_short_d16`, `global_load_d16_b16`
    GlobalLoadD16B16,
    /// `global_load_short_d16_hi`, `global_load_d16_hi_b16`
    GlobalLoadD16HiB16,
    /// `global_load_sbyte_d16_hi`, `global_load_d16_hi_i8`
    GlobalLoadD16HiI8,
    /// `global_load_ubyte_d16_hi`, `global_load_d16_hi_u8`
    GlobalLoadD16HiU8,
    /// `global_load_sbyte_d16`, `global_load_d16_i8`
    GlobalLoadD16I8,
    /// `global_load_ubyte_d16`, `global_load_d16_u8`
    GlobalLoadD16U8,
    /// `global_load_sshort`, `global_load_i16`
    GlobalLoadI16,
    /// `global_load_sbyte`, `global_load_i8`
    GlobalLoadI8,
    /// `global_load_lds_dword`
    GlobalLoadLdsB32,
    /// `global_load_lds_sshort`
    GlobalLoadLdsI16,
    /// `global_load_lds_sbyte`
    GlobalLoadLdsI8,
    /// `global_load_lds_ushort`
    GlobalLoadLdsU16,
    /// `global_load_lds_ubyte`
    GlobalLoadLdsU8,
    /// `global_load_ushort`, `global_load_u16`
    GlobalLoadU16,
    /// `global_load_ubyte`, `global_load_u8`
    GlobalLoadU8,
    /// `global_store_addtid_b32`
    GlobalStoreAddtidB32,
    /// `global_store_dwordx4`, `global_store_b128`
    GlobalStoreB128,
    /// `global_store_short`, `global_store_b16`
    GlobalStoreB16,
    /// `global_store_dword`, `global_store_b32`
    GlobalStoreB32,
    /// `global_store_dwordx2`, `global_store_b64`
    GlobalStoreB64,
    /// `global_store_byte`, `global_store_b8`
    GlobalStoreB8,
    /// `global_store_dwordx3`, `global_store_b96`
    GlobalStoreB96,
    /// `global_store_short_d16_hi`, `global_store_d16_hi_b16`
    GlobalStoreD16HiB16,
    /// `global_store_byte_d16_hi`, `global_store_d16_hi_b8`
    GlobalStoreD16HiB8,
    /// `scratch_load_dwordx4`, `scratch_load_b128`
    ScratchLoadB128,
    /// `scratch_load_dword`, `scratch_load_b32`
    ScratchLoadB32,
    /// `scratch_load_dwordx2`, `scratch_load_b64`
    ScratchLoadB64,
    /// `scratch_load_dwordx3`, `scratch_load_b96`
    ScratchLoadB96,
    /// `scratch_load_short_d16`, `scratch_load_d16_b16`
    ScratchLoadD16B16,
    /// `scratch_load_short_d16_hi`, `scratch_load_d16_hi_b16`
    ScratchLoadD16HiB16,
    /// `scratch_load_sbyte_d16_hi`, `scratch_load_d16_hi_i8`
    ScratchLoadD16HiI8,
    /// `scratch_load_ubyte_d16_hi`, `scratch_load_d16_hi_u8`
    ScratchLoadD16HiU8,
    /// `scratch_load_sbyte_d16`, `scratch_load_d16_i8`
    ScratchLoadD16I8,
    /// `scratch_load_ubyte_d16`, `scratch_load_d16_u8`
    ScratchLoadD16U8,
    /// `scratch_load_sshort`, `scratch_load_i16`
    ScratchLoadI16,
    /// `scratch_load_sbyte`, `scratch_load_i8`
    ScratchLoadI8,
    /// `scratch_load_lds_dword`
    ScratchLoadLdsB32,
    /// `scratch_load_lds_sshort`
    ScratchLoadLdsI16,
    /// `scratch_load_lds_sbyte`
    ScratchLoadLdsI8,
    /// `scratch_load_lds_ushort`
    ScratchLoadLdsU16,
    /// `scratch_load_lds_ubyte`
    ScratchLoadLdsU8,
    /// `scratch_load_ushort`, `scratch_load_u16`
    ScratchLoadU16,
    /// `scratch_load_ubyte`, `scratch_load_u8`
    ScratchLoadU8,
    /// `scratch_store_dwordx4`, `scratch_store_b128`
    ScratchStoreB128,
    /// `scratch_store_short`, `scratch_store_b16`
    ScratchStoreB16,
    /// `scratch_store_dword`, `scratch_store_b32`
    ScratchStoreB32,
    /// `scratch_store_dwordx2`, `scratch_store_b64`
    ScratchStoreB64,
    /// `scratch_store_byte`, `scratch_store_b8`
    ScratchStoreB8,
    /// `scratch_store_dwordx3`, `scratch_store_b96`
    ScratchStoreB96,
    /// `scratch_store_short_d16_hi`, `scratch_store_d16_hi_b16`
    ScratchStoreD16HiB16,
    /// `scratch_store_byte_d16_hi`, `scratch_store_d16_hi_b8`
    ScratchStoreD16HiB8,
    /// `buffer_atomic_add_f32`
    BufferAtomicAddF32,
    /// `buffer_atomic_add_f64`
    BufferAtomicAddF64,
    /// `buffer_atomic_add`, `buffer_atomic_add_u32`
    BufferAtomicAddU32,
    /// `buffer_atomic_add_x2`, `buffer_atomic_add_u64`
    BufferAtomicAddU64,
    /// `buffer_atomic_and`, `buffer_atomic_and_b32`
    BufferAtomicAndB32,
    /// `buffer_atomic_and_x2`, `buffer_atomic_and_b64`
    BufferAtomicAndB64,
    /// `buffer_atomic_cmpswap`, `buffer_atomic_cmpswap_b32`
    BufferAtomicCmpswapB32,
    /// `buffer_atomic_cmpswap_x2`, `buffer_atomic_cmpswap_b64`
    BufferAtomicCmpswapB64,
    /// `buffer_atomic_cmpswap_f32`
    BufferAtomicCmpswapF32,
    /// `buffer_atomic_csub_u32`
    BufferAtomicCsubU32,
    /// `buffer_atomic_dec`, `buffer_atomic_dec_u32`
    BufferAtomicDecU32,
    /// `buffer_atomic_dec_x2`, `buffer_atomic_dec_u64`
    BufferAtomicDecU64,
    /// `buffer_atomic_inc`, `buffer_atomic_inc_u32`
    BufferAtomicIncU32,
    /// `buffer_atomic_inc_x2`, `buffer_atomic_inc_u64`
    BufferAtomicIncU64,
    /// `buffer_atomic_max_f32`
    BufferAtomicMaxF32,
    /// `buffer_atomic_max_f64`
    BufferAtomicMaxF64,
    /// `buffer_atomic_smax`, `buffer_atomic_max_i32`
    BufferAtomicMaxI32,
    /// `buffer_atomic_smax_x2`, `buffer_atomic_max_i64`
    BufferAtomicMaxI64,
    /// `buffer_atomic_umax`, `buffer_atomic_max_u32`
    BufferAtomicMaxU32,
    /// `buffer_atomic_umax_x2`, `buffer_atomic_max_u64`
    BufferAtomicMaxU64,
    /// `buffer_atomic_min_f32`
    BufferAtomicMinF32,
    /// `buffer_atomic_min_f64`
    BufferAtomicMinF64,
    /// `buffer_atomic_smin`, `buffer_atomic_min_i32`
    BufferAtomicMinI32,
    /// `buffer_atomic_smin_x2`, `buffer_atomic_min_i64`
    BufferAtomicMinI64,
    /// `buffer_atomic_umin`, `buffer_atomic_min_u32`
    BufferAtomicMinU32,
    /// `buffer_atomic_umin_x2`, `buffer_atomic_min_u64`
    BufferAtomicMinU64,
    /// `buffer_atomic_or`, `buffer_atomic_or_b32`
    BufferAtomicOrB32,
    /// `buffer_atomic_or_x2`, `buffer_atomic_or_b64`
    BufferAtomicOrB64,
    /// `buffer_atomic_pk_add_f16`
    BufferAtomicPkAddF16,
    /// `buffer_atomic_sub`, `buffer_atomic_sub_u32`
    BufferAtomicSubU32,
    /// `buffer_atomic_sub_x2`, `buffer_atomic_sub_u64`
    BufferAtomicSubU64,
    /// `buffer_atomic_swap`, `buffer_atomic_swap_b32`
    BufferAtomicSwapB32,
    /// `buffer_atomic_swap_x2`, `buffer_atomic_swap_b64`
    BufferAtomicSwapB64,
    /// `buffer_atomic_xor`, `buffer_atomic_xor_b32`
    BufferAtomicXorB32,
    /// `buffer_atomic_xor_x2`, `buffer_atomic_xor_b64`
    BufferAtomicXorB64,
    /// `buffer_gl0_inv`
    BufferGl0Inv,
    /// `buffer_gl1_inv`
    BufferGl1Inv,
    /// `buffer_inv`
    BufferInv,
    /// `buffer_invl2`
    BufferInvl2,
    /// `buffer_load_dwordx4`, `buffer_load_b128`
    BufferLoadB128,
    /// `buffer_load_dword`, `buffer_load_b32`
    BufferLoadB32,
    /// `buffer_load_dwordx2`, `buffer_load_b64`
    BufferLoadB64,
    /// `buffer_load_dwordx3`, `buffer_load_b96`
    BufferLoadB96,
    /// `buffer_load_short_d16`, `buffer_load_d16_b16`
    BufferLoadD16B16,
    /// `buffer_load_format_d16_x`, `buffer_load_d16_format_x`
    BufferLoadD16FormatX,
    /// `buffer_load_format_d16_xy`, `buffer_load_d16_format_xy`
    BufferLoadD16FormatXy,
    /// `buffer_load_format_d16_xyz`, `buffer_load_d16_format_xyz`
    BufferLoadD16FormatXyz,
    /// `buffer_load_format_d16_xyzw`, `buffer_load_d16_format_xyzw`
    BufferLoadD16FormatXyzw,
    /// `buffer_load_short_d16_hi`, `buffer_load_d16_hi_b16`
    BufferLoadD16HiB16,
    /// `buffer_load_format_d16_hi_x`, `buffer_load_d16_hi_format_x`
    BufferLoadD16HiFormatX,
    /// `buffer_load_sbyte_d16_hi`, `buffer_load_d16_hi_i8`
    BufferLoadD16HiI8,
    /// `buffer_load_ubyte_d16_hi`, `buffer_load_d16_hi_u8`
    BufferLoadD16HiU8,
    /// `buffer_load_sbyte_d16`, `buffer_load_d16_i8`
    BufferLoadD16I8,
    /// `buffer_load_ubyte_d16`, `buffer_load_d16_u8`
    BufferLoadD16U8,
    /// `buffer_load_format_x`
    BufferLoadFormatX,
    /// `buffer_load_format_xy`
    BufferLoadFormatXy,
    /// `buffer_load_format_xyz`
    BufferLoadFormatXyz,
    /// `buffer_load_format_xyzw`
    BufferLoadFormatXyzw,
    /// `buffer_load_sshort`, `buffer_load_i16`
    BufferLoadI16,
    /// `buffer_load_sbyte`, `buffer_load_i8`
    BufferLoadI8,
    /// `buffer_load_ushort`, `buffer_load_u16`
    BufferLoadU16,
    /// `buffer_load_ubyte`, `buffer_load_u8`
    BufferLoadU8,
    /// `buffer_store_dwordx4`, `buffer_store_b128`
    BufferStoreB128,
    /// `buffer_store_short`, `buffer_store_b16`
    BufferStoreB16,
    /// `buffer_store_dword`, `buffer_store_b32`
    BufferStoreB32,
    /// `buffer_store_dwordx2`, `buffer_store_b64`
    BufferStoreB64,
    /// `buffer_store_byte`, `buffer_store_b8`
    BufferStoreB8,
    /// `buffer_store_dwordx3`, `buffer_store_b96`
    BufferStoreB96,
    /// `buffer_store_format_d16_x`, `buffer_store_d16_format_x`
    BufferStoreD16FormatX,
    /// `buffer_store_format_d16_xy`, `buffer_store_d16_format_xy`
    BufferStoreD16FormatXy,
    /// `buffer_store_format_d16_xyz`, `buffer_store_d16_format_xyz`
    BufferStoreD16FormatXyz,
    /// `buffer_store_format_d16_xyzw`, `buffer_store_d16_format_xyzw`
    BufferStoreD16FormatXyzw,
    /// `buffer_store_short_d16_hi`, `buffer_store_d16_hi_b16`
    BufferStoreD16HiB16,
    /// `buffer_store_byte_d16_hi`, `buffer_store_d16_hi_b8`
    BufferStoreD16HiB8,
    /// `buffer_store_format_d16_hi_x`, `buffer_store_d16_hi_format_x`
    BufferStoreD16HiFormatX,
    /// `buffer_store_format_x`
    BufferStoreFormatX,
    /// `buffer_store_format_xy`
    BufferStoreFormatXy,
    /// `buffer_store_format_xyz`
    BufferStoreFormatXyz,
    /// `buffer_store_format_xyzw`
    BufferStoreFormatXyzw,
    /// `buffer_wbinvl1`
    BufferWbinvl1,
    /// `buffer_wbinvl1_vol`
    BufferWbinvl1Vol,
    /// `buffer_wbl2`
    BufferWbl2,
}
