"""Rows: textures and surfaces (PTX ISA 9.7.10, 9.7.11), in the unified mode: one object holds the texture and how it is sampled, and the
address is [object, coordinates]. Raw rows.
"""

from sheer.isa.row import op

_GEOMETRY = "1d|2d|3d|a1d|a2d|cube|acube"
op(f"""tex{{.mip:base}}.geom:{_GEOMETRY}.v4.<f32|s32|u32>.ctype:f32|s32  d|p [a]
       tex.mip:level.geom:{_GEOMETRY}.v4.<f32|s32|u32>.ctype:f32|s32  d|p [a] lod
       tex.mip:grad.geom:{_GEOMETRY}.v4.<f32|s32|u32>.ctype:f32  d|p [a] dx dy""",
   emit=lambda k, m, i: k.texture(m, i), raw=True, work="load", section="9.7.10.3",
   note="no offsets and no depth comparison, as for tld4")

op("""tld4.comp:r|g|b|a.geom:2d|a2d|cube|acube.v4.<f32|s32|u32>.f32  d|p [a]""",
   emit=lambda k, m, i: k.texture_gather(m, i), raw=True, work="load", section="9.7.10.4")

_QUERIES = ("width|height|depth|array_size|num_mipmap_levels|normalized_coords|channel_data_type|channel_order|filter_mode|"
            "addr_mode_0|addr_mode_1|addr_mode_2")
op(f"""txq.query:{_QUERIES}.b32  d [a]
       txq.level.query:width|height|depth.b32  d [a] lod""",
   emit=lambda k, m, i: k.image_query(m, i), raw=True, work="load", section="9.7.10.5")

_SURFACE = "1d|2d|3d|a1d|a2d"
_CACHE = "{.cop:ca|cg|cs|cv}"
_OUTSIDE = "trap|clamp|zero"
op(f"""suld.b.geom:{_SURFACE}{_CACHE}{{.vec:v2|v4}}.<b8|b16|b32|b64>.clamp:{_OUTSIDE}  d [a]""",
   emit=lambda k, m, i: k.surface_load(m, i), raw=True, work="load", section="9.7.11.1")
op(f"""sust.how:b.geom:{_SURFACE}{{.cop:wb|cg|cs|wt}}{{.vec:v2|v4}}.<b8|b16|b32|b64>.clamp:{_OUTSIDE}  [a] b
       sust.how:p.geom:{_SURFACE}{{.vec:v2|v4}}.<b32>.clamp:{_OUTSIDE}  [a] b""",
   emit=lambda k, m, i: k.surface_store(m, i), raw=True, work="store", section="9.7.11.2")
op("""suq.query:width|height|depth|array_size|channel_data_type|channel_order.b32  d [a]""",
   emit=lambda k, m, i: k.image_query(m, i), raw=True, work="load", section="9.7.11.4")
