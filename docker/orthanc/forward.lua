-- Orthanc sends every study that is complete to the node of its hospital (the modality "pipeline" of its configuration), as one job on one association.
-- Jobs are listed at /jobs; one that failed, since the node was away, is sent again by POST to /jobs/ID/resubmit.
function OnStableStudy(studyId, tags, metadata)
   RestApiPost('/modalities/pipeline/store', DumpJson({ Resources = { studyId }, Synchronous = false }))
end
