-- Orthanc sends every study that is complete to the node of its hospital (the modality "pipeline" of its configuration), and tries again by itself.
function OnStableStudy(studyId, tags, metadata)
   SendToModality(studyId, 'pipeline')
end
