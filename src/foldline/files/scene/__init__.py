"""Scenes as folders: posed pictures of nerfstudio, instant-ngp, Blender and COLMAP, and the writing of one."""

from .folder import is_scene as is_scene
from .folder import read_cameras as read_cameras
from .folder import read_scene as read_scene
from .write import save_scene as save_scene
from .write import scene_files as scene_files
